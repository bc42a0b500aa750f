#include <stdexcept>
int main() { throw std::invalid_argument("bad record:\n  field 1: empty\n  field 2: too long"); }
