// `java Dump OUTPUT CLASS`: runs a program and writes its uncaught exception as the JVM itself has it.
import java.io.FileWriter;
import java.lang.reflect.InvocationTargetException;
import java.util.*;

public class Dump {
    static String quoted(String text) {
        if (text == null) return "null";
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    static void links(Throwable error, String source, List<String> links, Set<Throwable> seen) {
        if (error == null || !seen.add(error)) return;
        StringBuilder entry = new StringBuilder("{");
        String name = error.getClass().getName();
        int dot = name.lastIndexOf('.');
        entry.append("\"type\":" + quoted(name.substring(dot + 1)));
        if (dot > 0) entry.append(",\"module\":" + quoted(name.substring(0, dot)));
        entry.append(",\"value\":" + quoted(error.getMessage()));
        if (source != null) entry.append(",\"source\":" + quoted(source));
        entry.append(",\"frames\":[");
        List<StackTraceElement> frames = new ArrayList<>(Arrays.asList(error.getStackTrace()));
        // What runs the program is not the program's.
        for (int index = 0; index < frames.size(); index++)
            if (frames.get(index).getMethodName().equals("main")) frames = new ArrayList<>(frames.subList(0, index + 1));
        Collections.reverse(frames);
        boolean first = true;
        for (StackTraceElement frame : frames) {
            entry.append((first ? "" : ",") + "{\"function\":" + quoted(frame.getMethodName()) + ",\"module\":" + quoted(frame.getClassName()));
            if (frame.getFileName() != null) entry.append(",\"file\":" + quoted(frame.getFileName()));
            if (frame.getLineNumber() > 0) entry.append(",\"line\":" + frame.getLineNumber());
            entry.append("}");
            first = false;
        }
        links.add(entry + "]}");
        Throwable[] suppressed = error.getSuppressed();
        links(error.getCause(), "cause", links, seen);
        for (int index = 0; index < suppressed.length; index++) links(suppressed[index], "suppressed[" + index + "]", links, seen);
    }

    public static void main(String[] arguments) throws Exception {
        try {
            Class.forName(arguments[1]).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } catch (InvocationTargetException error) {
            List<String> links = new ArrayList<>();
            links(error.getCause(), null, links, new HashSet<>());
            Collections.reverse(links);
            FileWriter file = new FileWriter(arguments[0]);
            file.write("{\"platform\":\"java\",\"chain\":[" + String.join(",\n", links) + "]}\n");
            file.close();
        }
    }
}
