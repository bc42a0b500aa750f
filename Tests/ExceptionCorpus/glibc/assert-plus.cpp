#include <cassert>
#include <map>
#include <string>
namespace shop {
template <class Key> struct Stock {
    std::map<Key, int> counts;
    int take(const Key &key, int count) {
        assert(counts[key] >= count);
        return counts[key] -= count;
    }
};
}
int main() { return shop::Stock<std::string>().take("apples", 3); }
