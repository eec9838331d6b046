#include "sim/app/cli.h"

// libsystemc's own main() would call this; the main() below takes its place.
extern "C" int sc_main(int, char**) { return 1; }

int main(int argc, char** argv) { return sim::app::run_program(argc, argv); }
