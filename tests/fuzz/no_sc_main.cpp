// libsystemc's own main() calls this; the fuzzers' takes its place, so reaching it is an error.
extern "C" int sc_main(int, char**) { return 1; }
