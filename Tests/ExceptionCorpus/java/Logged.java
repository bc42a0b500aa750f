import java.util.logging.*;

public class Logged {
    public static void main(String[] arguments) {
        Logger logger = Logger.getLogger("app.orders");
        try {
            Object[] values = new Integer[1];
            values[0] = "text";
        } catch (ArrayStoreException error) {
            logger.log(Level.SEVERE, "cannot store order", error);
        }
        logger.info("going on");
    }
}
