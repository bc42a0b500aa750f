#include <exception>
#include <stdexcept>
int main() {
    std::set_terminate([] { throw std::logic_error("in the handler"); });
    throw std::runtime_error("first");
}
