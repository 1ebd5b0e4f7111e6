// Bounds how long threads of libgomp, with which libllama shares out its work, spin while they wait for each other.
//
// By default a thread spins some milliseconds at every barrier before it sleeps. Where other processes have some of the
// cores, or a container has a quota, it spins on the very core that the thread it waits for would need, and a pass takes
// seconds instead of milliseconds. Ten thousand turns cost an idle machine nothing.
//
// The runtime reads its environment before main, as soon as it is loaded. So this runs earlier still, and starts the
// program anew with the variable set; process and descriptors stay the same. A user's own setting wins, and where anything
// stands in the way the program goes on as it is.
#ifdef __linux__
#define _GNU_SOURCE
#include <limits.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static char setting[] = "GOMP_SPINCOUNT=1000";

static int is_set(const char *entry) {
    return strncmp(entry, "GOMP_SPINCOUNT=", 15) == 0 || strncmp(entry, "OMP_WAIT_POLICY=", 16) == 0;
}

static void bound_spin(int argc, char **argv, char **envp) {
    (void)argc;
    size_t count = 0;
    for (; envp[count] != NULL; count++) {
        if (is_set(envp[count])) return;
    }
    // Started by naming the loader, which would take the program's arguments for its own.
    if (getauxval(AT_BASE) == 0) return;
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0 || length == (ssize_t)sizeof path - 1) return;
    path[length] = 0;
    char *extended[count + 2];
    memcpy(extended, envp, count * sizeof *envp);
    extended[count] = setting;
    extended[count + 1] = NULL;
    execve(path, argv, extended);
}

// Functions of this section run before those of any library.
__attribute__((section(".preinit_array"), used)) static void (*const early)(int, char **, char **) = bound_spin;
#endif
