// Ends that C++ has: exceptions nobody catches, pure virtual calls, failed checks of the library.
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "crash_job.h"

namespace shop {

struct OutOfStock : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Order {
public:
    virtual ~Order() = default;

    FRAME void place(const std::string &article, int amount) const {
        if (amount <= limit_) return;
        OutOfStock error("no " + article + " left");
        throw error;  // crash: uncaught-exception
    }

    template <typename Visitor>
    FRAME int visit(Visitor visitor) const {
        int value = visitor(limit_);
        NOT_A_TAIL_CALL;
        return value;
    }

private:
    int limit_ = 0;
};

}  // namespace shop

static int uncaught_exception(int count, char **) {
    shop::Order order;
    order.place("spoons", count + 1);
    NOT_A_TAIL_CALL;
    return 0;
}

// An exception that leaves a function which promised to throw none.
static FRAME void promises_nothing(int count) noexcept {
    shop::Order().place("forks", count + 1);
    NOT_A_TAIL_CALL;
}

static int broken_promise(int count, char **) {
    promises_nothing(count);
    NOT_A_TAIL_CALL;
    return 0;
}

struct Shape {
    Shape() { describe(); }
    virtual ~Shape() = default;
    FRAME void describe() {
        print();  // crash: pure-virtual-call
        NOT_A_TAIL_CALL;
    }
    virtual void print() = 0;
};

struct Circle : Shape {
    void print() override { puts("circle"); }
};

static FRAME int pure_virtual_call(int, char **) {
    auto shape = std::make_unique<Circle>();
    return shape == nullptr;
}

static int in_lambda(int count, char **) {
    shop::Order order;
    int value = order.visit([&](int limit) __attribute__((noinline)) {
        *nowhere = limit + count;  // crash: in-lambda
        return limit;
    });
    NOT_A_TAIL_CALL;
    return value;
}

static int failed_check(int count, char **) {
    std::vector<int> numbers{1, 2, 3};
    return numbers.at(static_cast<size_t>(count) + 7);
}

extern "C" const struct verb exception_verbs[] = {
    {"uncaught-exception", uncaught_exception},
    {"broken-promise", broken_promise},
    {"pure-virtual-call", pure_virtual_call},
    {"in-lambda", in_lambda},
    {"failed-check", failed_check},
    {nullptr, nullptr},
};
