using System;
using System.Collections.Generic;

namespace Shop {
    class ConfigException : Exception {
        public ConfigException(string message, Exception inner) : base(message, inner) {}
    }

    static class Loader {
        static int Parse(string text) { return int.Parse(text); }

        public static void Load(List<string> lines) {
            try {
                Parse(lines[0]);
            } catch (FormatException error) {
                throw new ConfigException("bad configuration", error);
            }
        }
    }

    class Program {
        static void Main(string[] arguments) {
            Loader.Load(new List<string> { "forty-two" });
        }
    }
}
