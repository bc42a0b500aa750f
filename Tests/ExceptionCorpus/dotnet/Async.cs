using System;
using System.IO;
using System.Threading.Tasks;

namespace Shop {
    class Loader {
        public async Task<string> ReadAsync(string path) {
            await Task.Yield();
            return await File.ReadAllTextAsync(path);
        }

        public async Task<int> CountAsync(string path) {
            var text = await ReadAsync(path);
            return text.Length;
        }
    }

    class Program {
        static async Task RunAsync() {
            await new Loader().CountAsync("/gone/rows.csv");
        }

        static void Main() {
            RunAsync().GetAwaiter().GetResult();
        }
    }
}
