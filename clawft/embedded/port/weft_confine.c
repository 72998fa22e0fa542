// What `security/confinement.py` decides, told to the kernel by system calls that libc has no functions for.
#define _GNU_SOURCE // O_PATH
#include "weft_confine.h"

#include <errno.h>
#include <stdlib.h>

#include "py/objtuple.h"
#include "weft.h"

#if defined(__linux__)
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// linux/landlock.h and linux/seccomp.h: the numbers are the same on all machines, and headers may lack them.
enum { LANDLOCK_CREATE_RULESET = 444, LANDLOCK_ADD_RULE = 445, LANDLOCK_RESTRICT_SELF = 446 };
enum { LANDLOCK_VERSION = 1, LANDLOCK_PATH_BENEATH = 1, SECCOMP_FILTER = 2 };
// EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE, IOCTL_DEV: a rule about a file may have no others.
enum { RIGHTS_OF_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15 };

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};
struct __attribute__((packed)) rule {
    uint64_t rights;
    int32_t folder;
};
struct program {
    unsigned short count;
    const void *instructions;
};

static int landlock_version(void) {
    long version = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION);
    return version < 0 ? 0 : (int)version;
}

static const char *filtered_machine(void) {
    // Asked without a program, a kernel that has filters says EFAULT; qemu, which lets none through, EINVAL.
    if (prctl(PR_SET_SECCOMP, SECCOMP_FILTER, NULL, 0, 0) == 0 || errno != EFAULT) {
        return "";
    }
#if defined(__aarch64__)
    return "aarch64";
#elif defined(__x86_64__)
    return "x86_64";
#else
    return "";
#endif
}

static void allow(int ruleset, const char *path, uint64_t rights) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) {
            return; // what is not there, or cannot be reached, needs no right
        }
        weft_raise_errno_of(errno, "its confinement");
    }
    struct stat found;
    struct rule added = {.rights = rights, .folder = fd};
    int failure = 0;
    if (fstat(fd, &found) == 0 && !S_ISDIR(found.st_mode)) {
        added.rights &= RIGHTS_OF_FILES;
    }
    if (added.rights != 0 && syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &added, 0) != 0) {
        failure = errno;
    }
    close(fd);
    if (failure != 0) {
        weft_raise_errno_of(failure, "its confinement");
    }
}

void weft_confine_prepare(weft_confinement *made, mp_obj_t asked) {
    made->is_wanted = asked != mp_const_none;
    made->ruleset = -1;
    made->filter_bytes = 0;
    if (!made->is_wanted) {
        return;
    }
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(asked, 5, &items);
    mp_buffer_info_t filter;
    mp_get_buffer_raise(items[4], &filter, MP_BUFFER_READ);
    made->filter = filter.buf;
    made->filter_bytes = filter.len;
    struct ruleset handled = {
        .files = (uint64_t)mp_obj_get_int(items[0]),
        .network = (uint64_t)mp_obj_get_int(items[1]),
        .scopes = (uint64_t)mp_obj_get_int(items[2]),
    };
    if ((handled.files | handled.network | handled.scopes) == 0) {
        return;
    }
    made->ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &handled, sizeof(handled), 0);
    if (made->ruleset < 0) {
        weft_raise_errno_of(errno, "its confinement");
    }
    size_t count;
    mp_obj_t *rights;
    mp_obj_get_array(items[3], &count, &rights);
    for (size_t i = 0; i < count; i++) {
        mp_obj_t *pair;
        mp_obj_get_array_fixed_n(rights[i], 2, &pair);
        allow(made->ruleset, weft_path(pair[0]), (uint64_t)mp_obj_get_int(pair[1]));
    }
}

void weft_confine_end(weft_confinement *made) {
    if (made->is_wanted && made->ruleset >= 0) {
        close(made->ruleset);
        made->ruleset = -1;
    }
}

int weft_confine_here(const weft_confinement *made) {
    if (!made->is_wanted) {
        return 0;
    }
    // Without it neither is allowed to who is not root, and a setuid program would be outside of both.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -1;
    }
    if (made->ruleset >= 0 && syscall(LANDLOCK_RESTRICT_SELF, made->ruleset, 0) != 0) {
        return -1;
    }
    struct program filter = {.count = (unsigned short)(made->filter_bytes / 8), .instructions = made->filter};
    return filter.count == 0 ? 0 : prctl(PR_SET_SECCOMP, SECCOMP_FILTER, &filter, 0, 0);
}
#else
static int landlock_version(void) {
    return 0;
}

static const char *filtered_machine(void) {
    return "";
}

void weft_confine_prepare(weft_confinement *made, mp_obj_t asked) {
    made->is_wanted = false;
    if (asked != mp_const_none) {
        weft_raise_errno_of(ENOSYS, "its confinement");
    }
}

void weft_confine_end(weft_confinement *made) {
    (void)made;
}

int weft_confine_here(const weft_confinement *made) {
    (void)made;
    return 0;
}
#endif

static mp_obj_t weft_confinement_of_system(void) {
    mp_obj_t both[2] = {MP_OBJ_NEW_SMALL_INT(landlock_version()), mp_const_none};
    const char *machine = filtered_machine();
    both[1] = mp_obj_new_str_from_cstr(machine);
    return mp_obj_new_tuple(2, both);
}
WEFT_0(confinement_of_system);
