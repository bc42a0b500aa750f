#include <thread>
int main() { std::thread worker([] {}); }
