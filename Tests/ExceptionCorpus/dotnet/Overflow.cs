namespace Shop {
    class Tree {
        public static int Depth(int level) { return Depth(level + 1) + 1; }
    }

    class Program {
        static void Main() { System.Console.WriteLine(Tree.Depth(0)); }
    }
}
