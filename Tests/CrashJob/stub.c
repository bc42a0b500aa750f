// A library that the loader is to miss something of, see `needs_stub.c`: built in versions that lack it.
#ifdef WITH_SYMBOL
int stub_value(void) { return 42; }
#endif
int stub_other(void) { return 1; }
