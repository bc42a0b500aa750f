using System;
using System.Threading.Tasks;

namespace Shop {
    class Worker {
        public static void Run(int number) {
            if (number > 0) throw new InvalidOperationException("job " + number + " failed");
        }

        public static void Check(string name) {
            if (name == null) throw new ArgumentNullException("name");
        }
    }

    class Program {
        static void Main() {
            var first = Task.Run(() => Worker.Run(1));
            var second = Task.Run(() => Worker.Check(null));
            Task.WaitAll(first, second);
        }
    }
}
