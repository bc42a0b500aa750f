using System;
using System.Linq;
using System.Runtime.ExceptionServices;

namespace Shop {
    class Order {
        public class Line {
            public string Text;
            public int Price { get { return Text.Length; } }
        }

        public static int Total(Line[] lines) { return lines.Sum(line => line.Price); }
    }

    class Program {
        static ExceptionDispatchInfo kept;

        static void Try() {
            try {
                Order.Total(new[] { new Order.Line { Text = "a" }, new Order.Line() });
            } catch (Exception error) {
                kept = ExceptionDispatchInfo.Capture(error);
            }
        }

        static void Main() {
            Try();
            kept.Throw();
        }
    }
}
