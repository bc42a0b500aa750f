using System;
using System.Collections.Generic;

namespace Shop {
    class ConfigException : Exception {
        public ConfigException(string message, Exception inner) : base(message, inner) {}
    }

    class Loader {
        readonly Dictionary<string, string> values = new Dictionary<string, string>();

        int Port() {
            return int.Parse("80a");
        }

        public T Load<T>(string path, T start) {
            try {
                values["port"] = Port().ToString();
                return start;
            } catch (FormatException error) {
                throw new ConfigException("bad configuration:\n  port of " + path, error);
            }
        }
    }

    class Program {
        static void Main() {
            new Loader().Load("shop.conf", 1);
        }
    }
}
