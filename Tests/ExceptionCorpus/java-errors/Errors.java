import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

public class Errors {
    record Row(String name, Integer price) {}

    static class Settings {
        static final int LIMIT = Integer.parseInt(System.getenv().getOrDefault("GONE_LIMIT", "none"));
    }

    sealed interface Shape permits Circle {}
    record Circle(double radius) implements Shape {}

    static Row row(String name) { return new Row(name, null); }

    static class Resource implements AutoCloseable {
        void read() throws IOException { throw new IOException("disk full"); }
        public void close() throws IOException { throw new IOException("cannot close"); }
    }

    static int deeper(int level) { return deeper(level + 1) + 1; }

    /** By reflection: the compiler may be older than the machine. */
    static void virtual(String name, Runnable work) throws Exception {
        var builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
        var made = Thread.class.getMethod("ofVirtual").invoke(null);
        if (!name.isEmpty()) made = builder.getMethod("name", String.class).invoke(made, name);
        ((Thread) builder.getMethod("start", Runnable.class).invoke(made, work)).join();
    }

    static class OddError extends Error {
        public String toString() { return "odd: nothing like a class"; }
    }

    public static void main(String[] arguments) throws Throwable {
        switch (arguments[0]) {
            case "null" -> System.out.println(row("a").price().intValue());
            case "initializer" -> System.out.println(Settings.LIMIT);
            case "twice" -> {
                try { System.out.println(Settings.LIMIT); } catch (ExceptionInInitializerError error) { System.err.println("once more"); }
                System.out.println(Settings.LIMIT);
            }
            case "overflow" -> System.out.println(deeper(0));
            case "memory" -> { List<byte[]> rows = new ArrayList<>(); while (true) rows.add(new byte[1 << 20]); }
            case "suppressed" -> { try (Resource resource = new Resource()) { resource.read(); } }
            case "stream" -> Stream.of("1", "x").map(Integer::parseInt).forEach(System.out::println);
            case "unchecked" -> {
                try { Files.readString(Path.of("/gone/rows.csv")); } catch (IOException error) { throw new UncheckedIOException(error); }
            }
            case "future" -> CompletableFuture.supplyAsync(() -> row("b").price().intValue()).join();
            case "executor" -> {
                var pool = Executors.newFixedThreadPool(1);
                try { pool.submit(() -> { throw new IllegalStateException("job 7"); }).get(); } finally { pool.shutdown(); }
            }
            case "virtual" -> virtual("import-7", () -> row("c").price().intValue());
            case "unnamed" -> virtual("", () -> { throw new IllegalStateException("no name"); });
            case "thread" -> {
                var thread = new Thread(() -> { throw new IllegalStateException("in\na thread"); }, "Worker \"7\"");
                thread.start();
                thread.join();
            }
            case "group" -> new Thread(new ThreadGroup("shops"), () -> { throw new AssertionError(7); }, "shop-1").start();
            case "cast" -> System.out.println((Integer) (Object) "seven");
            case "array" -> System.out.println(arguments[arguments.length]);
            case "assert" -> { assert arguments.length > 1 : "too few: " + arguments.length; }
            case "class" -> Class.forName("com.shop.Gone");
            case "method" -> Errors.class.getMethod("gone");
            case "link" -> System.out.println(new Gone().toString());
            case "odd" -> throw new OddError();
            case "lines" -> throw new IllegalArgumentException("three lines:\n\n\tat no.place(Gone.java:1)\nthe last");
            case "empty" -> throw new IllegalStateException("");
            case "proxy" -> {
                var proxy = (Runnable) java.lang.reflect.Proxy.newProxyInstance(Errors.class.getClassLoader(), new Class<?>[] {Runnable.class},
                    (self, method, values) -> { throw new Exception("behind a proxy"); });
                proxy.run();
            }
            case "circular" -> {
                var one = new Exception("one");
                var two = new Exception("two", one);
                one.initCause(two);
                throw one;
            }
            case "printed" -> {
                try { row("d").price().intValue(); } catch (NullPointerException error) { error.printStackTrace(); }
                System.out.println("going on");
            }
            case "dump" -> Thread.dumpStack();
            case "handler" -> {
                Thread.setDefaultUncaughtExceptionHandler((thread, error) -> System.err.println("died: " + error));
                throw new IllegalStateException("nobody sees the stack");
            }
        }
    }
}

class Gone {}
