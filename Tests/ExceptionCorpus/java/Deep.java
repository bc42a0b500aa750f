public class Deep {
    static int fall(int depth) { return fall(depth + 1) + 1; }

    public static void main(String[] arguments) { fall(0); }
}
