#include <vector>
int main() {
    std::vector<int> values(3);
    return values[5];
}
