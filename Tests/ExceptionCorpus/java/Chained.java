import java.util.List;

public class Chained {
    static class Resource implements AutoCloseable {
        public void close() { throw new IllegalArgumentException("close failed"); }
    }

    static int parse(String text) { return Integer.parseInt(text); }

    static void load() throws Exception {
        try (Resource resource = new Resource()) {
            parse("forty-two");
        } catch (NumberFormatException error) {
            throw new Exception("cannot load\nthe second line of it", error);
        }
    }

    public static void main(String[] arguments) {
        Runnable task = () -> {
            try {
                load();
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        };
        List.of(1).forEach(number -> task.run());
    }
}
