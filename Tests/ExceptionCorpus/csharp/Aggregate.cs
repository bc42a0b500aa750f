using System;
using System.Threading.Tasks;

class Aggregate {
    static void Work(int number) { throw new InvalidOperationException("job " + number + " failed"); }

    static void Main() {
        Task.WaitAll(Task.Run(() => Work(1)), Task.Run(() => Work(2)));
    }
}
