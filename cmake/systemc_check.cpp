// Links only with a SystemC library whose C++ standard fits; see lockstep_check_systemc.
#include <systemc>

extern "C" int sc_main(int, char**) { return 0; }

int main() { return sc_core::sc_version() == nullptr; }
