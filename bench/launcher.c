// Runs one program and prints what it cost as one line of JSON. Measures one process; repeating and comparing is for
// others.
//
//   launcher [-f] [-m] [-i FILE] [-o FILE] [-e FILE] PROGRAM [ARGUMENT...]
//
// Linux carries the high-water mark of the memory that a process had before exec over to the program it becomes. So
// whatever starts the program must be smaller than anything it measures: this is linked statically, allocates
// nothing, and shares its memory with its child until the child's exec (vfork).
//
// -i, -o and -e name what the program reads and writes; /dev/null where none is given. maxrss_kib is as good as
// floor_kib allows: what this process itself has resident. And since Linux 6.2 it is an estimate, off by some 100 KiB
// a core: with -m the program is stopped where it ends and its pages are counted, exactly (exit_rss_kib; -1 without
// -m). Its time is not worth much then. With -f all addresses are the same each time, and so is the number of pages that
// a start touches, which depends on where the stack happens to lie.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_CANNOT_RUN = 126 };

extern char **environ;

static int complain(const char *what, const char *name) {
    fprintf(stderr, "launcher: %s %s: %s\n", what, name, strerror(errno));
    return EXIT_CANNOT_RUN;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t microseconds(struct timeval time) {
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

// The pages that a stopped process has, in KiB; -1 if Linux does not say.
static long resident_kib(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)process);
    FILE *file = fopen(path, "re");
    char line[256];
    long found = -1;
    while (file != NULL && found < 0 && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Rss: %ld kB", &found) != 1) {
            found = -1;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

// Waits for the end of a child; of a traced one, counts the pages it has there.
static pid_t wait_for(pid_t child, int *status, struct rusage *used, long *exit_rss_kib) {
    for (;;) {
        pid_t found = wait4(child, status, 0, used);
        if (found < 0 && errno == EINTR) {
            continue;
        }
        if (found < 0 || !WIFSTOPPED(*status)) {
            return found;
        }
        int signal = WSTOPSIG(*status);
        if (*status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
            *exit_rss_kib = resident_kib(child);
        }
        if (signal == SIGTRAP) { // its exec, or its end
            ptrace(PTRACE_SETOPTIONS, child, 0L, (long)PTRACE_O_TRACEEXIT);
            signal = 0;
        }
        ptrace(PTRACE_CONT, child, 0L, (long)signal);
    }
}

int main(int count, char **arguments) {
    const char *names[3] = {"/dev/null", "/dev/null", "/dev/null"};
    int at = 1;
    int is_fixed = at < count && strcmp(arguments[at], "-f") == 0;
    at += is_fixed;
    int is_traced = at < count && strcmp(arguments[at], "-m") == 0;
    at += is_traced;
    for (; at + 1 < count && arguments[at][0] == '-'; at += 2) {
        const char *which = strchr("ioe", arguments[at][1]);
        if (which == NULL || arguments[at][1] == '\0' || arguments[at][2] != '\0') {
            break;
        }
        names[which - "ioe"] = arguments[at + 1];
    }
    if (at >= count || arguments[at][0] == '-') {
        fprintf(stderr, "usage: launcher [-f] [-m] [-i FILE] [-o FILE] [-e FILE] PROGRAM [ARGUMENT...]\n");
        return EXIT_USAGE;
    }

    int files[3];
    for (int i = 0; i < 3; i++) {
        int flags = i == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
        files[i] = open(names[i], flags | O_CLOEXEC, 0600);
        if (files[i] < 0) {
            return complain("cannot open", names[i]);
        }
    }

    volatile int failure = 0; // the child's, which writes it into the memory they share
    int64_t started = now_ns();
    pid_t child = vfork();
    if (child == 0) {
        if (is_traced) {
            ptrace(PTRACE_TRACEME, 0, 0L, 0L);
        }
        if ((!is_fixed || personality(ADDR_NO_RANDOMIZE) >= 0) && dup2(files[0], 0) >= 0 && dup2(files[1], 1) >= 0 && dup2(files[2], 2) >= 0) {
            execve(arguments[at], &arguments[at], environ);
        }
        failure = errno;
        _exit(EXIT_CANNOT_RUN);
    }
    if (child < 0) {
        return complain("cannot start", arguments[at]);
    }
    int status;
    struct rusage used;
    long exit_rss_kib = -1;
    pid_t ended = wait_for(child, &status, &used, &exit_rss_kib);
    int64_t wall = now_ns() - started;
    if (ended < 0 || failure != 0) {
        errno = failure != 0 ? failure : errno;
        return complain("cannot run", arguments[at]);
    }

    // ru_maxrss of this process would say what its own parent had: the pages it has now are in /proc.
    long pages = 0;
    FILE *memory = fopen("/proc/self/statm", "r");
    if (memory == NULL || fscanf(memory, "%*d %ld", &pages) != 1) {
        pages = -1;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    printf("{\"exit_code\":%d,\"wall_ns\":%lld,\"cpu_us\":%lld,\"maxrss_kib\":%ld,\"minor_faults\":%ld,"
           "\"major_faults\":%ld,\"floor_kib\":%ld,\"exit_rss_kib\":%ld}\n",
        code, (long long)wall, (long long)(microseconds(used.ru_utime) + microseconds(used.ru_stime)),
        used.ru_maxrss, used.ru_minflt, used.ru_majflt,
        pages < 0 ? -1 : pages * (sysconf(_SC_PAGESIZE) / 1024), exit_rss_kib);
    return 0;
}
