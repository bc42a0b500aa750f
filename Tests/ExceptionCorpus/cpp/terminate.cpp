#include <iostream>
#include <stdexcept>
#include <string>

static std::string read_config(const std::string &path) {
    throw std::runtime_error("cannot open " + path + ": No such file or directory");
}

int main() {
    std::cout << "starting import" << std::endl;
    return read_config("/etc/importer.conf").empty();
}
