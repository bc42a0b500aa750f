using System;
using System.Threading;

namespace Shop {
    class Program {
        static void Work() { throw new TimeoutException("the stock did not answer"); }

        static void Main() {
            var thread = new Thread(Work);
            thread.Start();
            thread.Join();
        }
    }
}
