// Every name used from C is found by the build; none has to be listed here.
