// FixtureJob: a program that misbehaves on request. One verb per misbehaviour.
int main(void) { return 0; }
