// Runs a program for which Linux has no random numbers, so that a run that depends on them is the same each time.
//
//   no_random PROGRAM [ARGUMENT...]
//
// The executables seed the hashes of their tables with random bytes: each run takes other ways through them, a
// thousandth of the instructions. Without, they fall back to a fixed seed. A filter is inherited by what is run.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_CANNOT_RUN = 126 };

extern char **environ;

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "usage: no_random PROGRAM [ARGUMENT...]\n");
        return EXIT_USAGE;
    }
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof steps / sizeof *steps, steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) {
        execve(arguments[1], &arguments[1], environ);
    }
    fprintf(stderr, "no_random: cannot run %s: %s\n", arguments[1], strerror(errno));
    return EXIT_CANNOT_RUN;
}
