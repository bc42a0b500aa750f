using System;
using System.Net;
using System.Net.Sockets;

namespace Shop {
    class NoSuchRow : Exception {}

    class Program {
        static void Connect() {
            using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)) {
                socket.Connect(new IPEndPoint(IPAddress.Loopback, 1));
            }
        }

        static void Find() { throw new NoSuchRow(); }

        static void Main() {
            foreach (var action in new Action[] { Connect, Find }) {
                try {
                    action();
                } catch (Exception error) {
                    Console.WriteLine(error);
                }
                Console.WriteLine("going on");
            }
        }
    }
}
