#include <thread>
struct Session { int user = 1; };
static Session *session = new Session;
static void serve() { session->user += 1; }
static void close_session() { delete session; }
int main() {
    std::thread closer(close_session);
    closer.join();
    std::thread server(serve);
    server.join();
}
