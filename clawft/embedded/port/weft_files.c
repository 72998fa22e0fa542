// Files by system calls on POSIX systems: each function is one call, its failure an OSError. weft_files_windows.c has
// the same names over Windows' nearest equivalents.
#if !defined(_WIN32)
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#if !defined(__wasi__)
#include <pwd.h>
#include <sys/file.h>
#endif
#include <unistd.h>

#include "py/mphal.h"
#include "py/objtuple.h"
#include "weft.h"

// Makes the call again when a signal interrupted it, after that signal was handled; raises its failure.
#define CALL(result, call) \
    while (((result) = (call)) < 0) { \
        if (errno != EINTR) { \
            weft_raise_errno(errno); \
        } \
        mp_handle_pending(true); \
    }

static int number_of(mp_obj_t object) {
    return (int)mp_obj_get_int(object);
}

static mp_obj_t open_from(int folder, const char *path, mp_obj_t flags, mp_obj_t mode) {
    int fd;
    CALL(fd, openat(folder, path, number_of(flags) | O_CLOEXEC, (mode_t)number_of(mode)));
    return MP_OBJ_NEW_SMALL_INT(fd);
}

static mp_obj_t weft_open(mp_obj_t path, mp_obj_t flags, mp_obj_t mode) {
    return open_from(AT_FDCWD, weft_path(path), flags, mode);
}
WEFT_3(open);

static mp_obj_t weft_openat(size_t count, const mp_obj_t *arguments) {
    (void)count;
    return open_from(number_of(arguments[0]), weft_path(arguments[1]), arguments[2], arguments[3]);
}
WEFT_N(openat, 4, 4);

// Linux' openat2 (since 5.6), by its number, as no libc has a function for it: nothing leads out of the folder, and no
// link is followed. None where that cannot be had, whatever the reason: the caller walks then, and finds out.
static mp_obj_t weft_open_beneath(mp_obj_t folder, mp_obj_t path, mp_obj_t flags) {
#if defined(__linux__)
    enum { OPENAT2 = 437, NO_MAGICLINKS = 0x02, NO_SYMLINKS = 0x04, BENEATH = 0x08 };
    struct {
        uint64_t flags;
        uint64_t mode;
        uint64_t resolve;
    } how = {(uint64_t)(number_of(flags) | O_CLOEXEC), 0, NO_MAGICLINKS | NO_SYMLINKS | BENEATH};
    long fd = syscall(OPENAT2, number_of(folder), weft_path(path), &how, sizeof(how));
    if (fd >= 0) {
        return MP_OBJ_NEW_SMALL_INT(fd);
    }
#else
    (void)folder, (void)path, (void)flags;
#endif
    return mp_const_none;
}
WEFT_3(open_beneath);

static mp_obj_t weft_fd_close(mp_obj_t fd) {
    // After EINTR the descriptor is gone on Linux; closing again could close another's.
    if (close(number_of(fd)) != 0 && errno != EINTR) {
        weft_raise_errno(errno);
    }
    return mp_const_none;
}
WEFT_1(fd_close);

// ---- bytes

static mp_obj_t read_some(int fd, mp_obj_t limit, off_t offset, bool is_at_offset) {
    mp_int_t limit_bytes = mp_obj_get_int(limit);
    if (limit_bytes < 0) {
        mp_raise_ValueError(NULL);
    }
    struct stat found;
    // A whole file asked for with a generous limit must not take that much memory.
    if (limit_bytes > 4096 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) {
        off_t at = is_at_offset ? offset : lseek(fd, 0, SEEK_CUR);
        off_t left = found.st_size > at ? found.st_size - at : 0;
        // A byte more: what grows, or claims to be empty (in /proc), is then read on.
        limit_bytes = left + 1 < limit_bytes ? (left + 1 > 4096 ? (mp_int_t)left + 1 : 4096) : limit_bytes;
    }
    vstr_t bytes;
    vstr_init_len(&bytes, (size_t)limit_bytes);
    ssize_t got;
    CALL(got, is_at_offset ? pread(fd, bytes.buf, (size_t)limit_bytes, offset)
                           : read(fd, bytes.buf, (size_t)limit_bytes));
    bytes.len = (size_t)got;
    return mp_obj_new_bytes_from_vstr(&bytes);
}

static mp_obj_t weft_fd_read(mp_obj_t fd, mp_obj_t limit) {
    return read_some(number_of(fd), limit, 0, false);
}
WEFT_2(fd_read);

static mp_obj_t weft_fd_pread(mp_obj_t fd, mp_obj_t limit, mp_obj_t offset) {
    return read_some(number_of(fd), limit, (off_t)mp_obj_get_int(offset), true);
}
WEFT_3(fd_pread);

static mp_obj_t weft_fd_write(mp_obj_t fd, mp_obj_t data) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    ssize_t written;
    CALL(written, write(number_of(fd), buffer.buf, buffer.len));
    return mp_obj_new_int((mp_int_t)written);
}
WEFT_2(fd_write);

int weft_sync_fd(int fd) {
#if defined(__APPLE__)
    // fsync there leaves the data in the drive's own memory; some file systems know no better.
    int result = fcntl(fd, F_FULLFSYNC);
    return result == 0 || errno == EINTR ? result : fsync(fd);
#else
    // The size is part of it, the time of the last change is not.
    return fdatasync(fd);
#endif
}

static mp_obj_t weft_fd_sync(mp_obj_t fd) {
    int result;
    CALL(result, weft_sync_fd(number_of(fd)));
    return mp_const_none;
}
WEFT_1(fd_sync);

static mp_obj_t weft_folder_sync(mp_obj_t fd) {
    int result;
#if defined(__APPLE__)
    CALL(result, weft_sync_fd(number_of(fd)));
#else
    // Not fdatasync: ext4 takes a new name for a change of facts alone, unless the folder's size grew by it.
    CALL(result, fsync(number_of(fd)));
#endif
    return mp_const_none;
}
WEFT_1(folder_sync);

static mp_obj_t weft_truncate(mp_obj_t fd, mp_obj_t size) {
    int result;
    CALL(result, ftruncate(number_of(fd), (off_t)mp_obj_get_int(size)));
    return mp_const_none;
}
WEFT_2(truncate);

static mp_obj_t weft_lock(mp_obj_t fd) {
#if defined(__wasi__)
    // WASI has no locks. Whoever gives a folder to two instances at once must keep them apart.
    (void)fd;
#else
    while (flock(number_of(fd), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return mp_const_false;
        }
        if (errno != EINTR) {
            weft_raise_errno(errno);
        }
        mp_handle_pending(true);
    }
#endif
    return mp_const_true;
}
WEFT_1(lock);

// ---- facts

static qstr kind_of_mode(mode_t mode) {
    return S_ISREG(mode) ? MP_QSTR_file : S_ISDIR(mode) ? MP_QSTR_folder : S_ISLNK(mode) ? MP_QSTR_link : MP_QSTR_other;
}

static mp_obj_t facts(const struct stat *found) {
#if defined(__APPLE__)
    struct timespec modified = found->st_mtimespec;
#else
    struct timespec modified = found->st_mtim;
#endif
    mp_obj_t items[] = {
        MP_OBJ_NEW_QSTR(kind_of_mode(found->st_mode)),
        mp_obj_new_int_from_ll(found->st_size),
        mp_obj_new_float((mp_float_t)modified.tv_sec + (mp_float_t)modified.tv_nsec / 1e9),
        mp_obj_new_int_from_ull((unsigned long long)found->st_dev),
        mp_obj_new_int_from_ull(found->st_ino),
        mp_obj_new_int_from_ull(found->st_nlink),
        MP_OBJ_NEW_SMALL_INT(found->st_mode & 07777),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}

static mp_obj_t facts_of_name(int folder, const char *name, mp_obj_t follow) {
    struct stat found;
    int result;
    CALL(result, fstatat(folder, name, &found, mp_obj_is_true(follow) ? 0 : AT_SYMLINK_NOFOLLOW));
    return facts(&found);
}

static mp_obj_t weft_stat(mp_obj_t path, mp_obj_t follow) {
    return facts_of_name(AT_FDCWD, weft_path(path), follow);
}
WEFT_2(stat);

static mp_obj_t weft_statat(mp_obj_t folder, mp_obj_t name, mp_obj_t follow) {
    return facts_of_name(number_of(folder), weft_path(name), follow);
}
WEFT_3(statat);

static mp_obj_t weft_fstat(mp_obj_t fd) {
    struct stat found;
    int result;
    CALL(result, fstat(number_of(fd), &found));
    return facts(&found);
}
WEFT_1(fstat);

static mp_obj_t weft_fchmod(mp_obj_t fd, mp_obj_t mode) {
#if defined(__wasi__)
    (void)fd, (void)mode; // modes are the host's
#else
    int result;
    CALL(result, fchmod(number_of(fd), (mode_t)number_of(mode)));
#endif
    return mp_const_none;
}
WEFT_2(fchmod);

static mp_obj_t weft_is_writable(mp_obj_t folder, mp_obj_t name) {
    return mp_obj_new_bool(faccessat(number_of(folder), weft_path(name), W_OK, AT_EACCESS) == 0);
}
WEFT_2(is_writable);

// ---- names

static mp_obj_t weft_mkdir(mp_obj_t path, mp_obj_t mode) {
    int result;
    CALL(result, mkdir(weft_path(path), (mode_t)number_of(mode)));
    return mp_const_none;
}
WEFT_2(mkdir);

static mp_obj_t weft_mkdirat(mp_obj_t folder, mp_obj_t name, mp_obj_t mode) {
    int result;
    CALL(result, mkdirat(number_of(folder), weft_path(name), (mode_t)number_of(mode)));
    return mp_const_none;
}
WEFT_3(mkdirat);

static mp_obj_t weft_rename(mp_obj_t path, mp_obj_t target) {
    int result;
    CALL(result, rename(weft_path(path), weft_path(target)));
    return mp_const_none;
}
WEFT_2(rename);

static mp_obj_t weft_renameat(size_t count, const mp_obj_t *arguments) {
    (void)count;
    int result;
    CALL(result, renameat(number_of(arguments[0]), weft_path(arguments[1]), number_of(arguments[2]),
                     weft_path(arguments[3])));
    return mp_const_none;
}
WEFT_N(renameat, 4, 4);

static mp_obj_t weft_link(mp_obj_t path, mp_obj_t target) {
    int result;
    CALL(result, link(weft_path(path), weft_path(target)));
    return mp_const_none;
}
WEFT_2(link);

static mp_obj_t weft_unlink(mp_obj_t path) {
    int result;
    CALL(result, unlink(weft_path(path)));
    return mp_const_none;
}
WEFT_1(unlink);

static mp_obj_t weft_unlinkat(mp_obj_t folder, mp_obj_t name) {
    int result;
    CALL(result, unlinkat(number_of(folder), weft_path(name), 0));
    return mp_const_none;
}
WEFT_2(unlinkat);

static mp_obj_t weft_rmdir(mp_obj_t path) {
    int result;
    CALL(result, rmdir(weft_path(path)));
    return mp_const_none;
}
WEFT_1(rmdir);

static mp_obj_t weft_readlinkat(mp_obj_t folder, mp_obj_t name) {
    char target[4096];
    ssize_t size_bytes;
    CALL(size_bytes, readlinkat(number_of(folder), weft_path(name), target, sizeof(target)));
    if (size_bytes == (ssize_t)sizeof(target)) {
        weft_raise_errno(ENAMETOOLONG);
    }
    return weft_text_or_bytes(target, (size_t)size_bytes);
}
WEFT_2(readlinkat);

static mp_obj_t weft_realpath(mp_obj_t path) {
    char *found = realpath(weft_path(path), NULL);
    if (found == NULL) {
        weft_raise_errno(errno);
    }
    return weft_text_and_free(found);
}
WEFT_1(realpath);

static mp_obj_t weft_home(void) {
#if defined(__wasi__)
    const char *home = "/";
#else
    const struct passwd *user = getpwuid(getuid());
    const char *home = user == NULL || user->pw_dir == NULL ? "/" : user->pw_dir;
#endif
    return weft_text_or_bytes(home, strlen(home));
}
WEFT_0(home);

static qstr kind_of_entry(int folder, const struct dirent *entry) {
    switch (entry->d_type) {
        case DT_REG:
            return MP_QSTR_file;
        case DT_DIR:
            return MP_QSTR_folder;
        case DT_LNK:
            return MP_QSTR_link;
        case DT_UNKNOWN: {
            struct stat found;
            bool is_found = fstatat(folder, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0;
            return is_found ? kind_of_mode(found.st_mode) : MP_QSTR_other;
        }
        default:
            return MP_QSTR_other;
    }
}

static mp_obj_t names_in(DIR *folder) {
    mp_obj_t names = mp_obj_new_list(0, NULL);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0) {
                weft_raise_errno(errno);
            }
            return names;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            mp_obj_t items[2] = {
                weft_text_lossy(entry->d_name),
                MP_OBJ_NEW_QSTR(kind_of_entry(dirfd(folder), entry)),
            };
            mp_obj_list_append(names, mp_obj_new_tuple(2, items));
        }
    }
}

static mp_obj_t weft_listdir(mp_obj_t where) {
    bool is_fd = mp_obj_is_int(where);
    int fd;
    // "." of a descriptor is a new one with a position of its own.
    CALL(fd, openat(is_fd ? number_of(where) : AT_FDCWD, is_fd ? "." : weft_path(where),
                 O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        int failure = errno;
        close(fd);
        weft_raise_errno(failure);
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        closedir(folder);
        nlr_jump(nlr.ret_val);
    }
    mp_obj_t names = names_in(folder);
    nlr_pop();
    closedir(folder);
    return names;
}
WEFT_1(listdir);
#else
typedef int weft_not_posix; // a translation unit may not be empty
#endif
