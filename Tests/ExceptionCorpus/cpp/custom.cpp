#include <exception>
namespace shop::billing {
struct InvoiceRejected : std::exception {
    const char *what() const noexcept override { return "invoice 4711 rejected: total is negative"; }
};
template <class T> struct Failure { T detail; };
}
int main(int count, char **) {
    if (count > 1) throw shop::billing::InvoiceRejected();
    throw shop::billing::Failure<shop::billing::InvoiceRejected>{};
}
