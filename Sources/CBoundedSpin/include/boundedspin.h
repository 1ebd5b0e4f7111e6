// Nothing to call: a program that is linked with this target bounds how long the threads of OpenMP spin.
