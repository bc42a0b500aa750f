public class Plain {
    static class Boom extends RuntimeException {}

    static String name;

    static void recurse(int depth) {
        if (depth == 0) throw new Boom();
        recurse(depth - 1);
    }

    public static void main(String[] arguments) throws Exception {
        Thread worker = new Thread(() -> recurse(2), "worker 1");
        worker.start();
        worker.join();
        System.err.println(name.length());
    }
}
