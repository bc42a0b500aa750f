using System;

namespace Shop {
    class Settings {
        public static readonly int Limit = int.Parse(Environment.GetEnvironmentVariable("GONE_LIMIT"));
    }

    class Program {
        static void Main() { Console.WriteLine(Settings.Limit); }
    }
}
