// Files on Windows by the names of weft_files.c: paths are UTF-8 here and wide there, files may be renamed and removed
// while they are open, replacing is one durable step. There are no folder descriptors: what needs them takes HERE, or is missing.
#if defined(_WIN32)
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "py/mphal.h"
#include "py/objtuple.h"
#include "weft.h"
#include "weft_flags.h"

// Where the lock is: far behind any data, since locked bytes cannot be read by others. The same in clawft/host.
#define LOCK_OFFSET 0x7fffffff0000u
// A virus scanner may hold a file that was just written, for a moment.
enum { BUSY_TRIES = 20, BUSY_PAUSE_MS = 10 };

static HANDLE handle_of(mp_obj_t fd) {
    intptr_t handle = _get_osfhandle((int)mp_obj_get_int(fd));
    if (handle == -1 || handle == -2) {
        weft_raise_errno(EBADF);
    }
    return (HANDLE)handle;
}

// The wide form of a path, for the caller to free.
static wchar_t *wide_path(mp_obj_t path) {
    wchar_t *wide = weft_wide(weft_path(path));
    if (wide == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    return wide;
}

static HANDLE open_wide(const wchar_t *path, DWORD access, DWORD disposition, DWORD attributes) {
    return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, disposition,
        attributes, NULL);
}

// Frees `wide` and raises unless `is_done`.
static void finish(bool is_done, wchar_t *wide, wchar_t *other) {
    DWORD error = is_done ? 0 : GetLastError();
    free(wide);
    free(other);
    if (!is_done) {
        weft_raise_errno(weft_errno_from_windows(error));
    }
}

static mp_obj_t weft_open(mp_obj_t path, mp_obj_t flags_object, mp_obj_t mode) {
    (void)mode;
    int flags = (int)mp_obj_get_int(flags_object);
    int way = flags & (WEFT_O_WRONLY | WEFT_O_RDWR);
    DWORD access = way == WEFT_O_RDWR ? GENERIC_READ | GENERIC_WRITE : way ? GENERIC_WRITE : GENERIC_READ;
    DWORD disposition = OPEN_EXISTING;
    if (flags & WEFT_O_CREAT) {
        disposition = flags & WEFT_O_EXCL ? CREATE_NEW : flags & WEFT_O_TRUNC ? CREATE_ALWAYS : OPEN_ALWAYS;
    } else if (flags & WEFT_O_TRUNC) {
        disposition = TRUNCATE_EXISTING;
    }
    DWORD attributes = FILE_ATTRIBUTE_NORMAL;
    attributes |= flags & WEFT_O_NOFOLLOW ? FILE_FLAG_OPEN_REPARSE_POINT : 0;
    attributes |= flags & WEFT_O_DIRECTORY ? FILE_FLAG_BACKUP_SEMANTICS : 0;
    wchar_t *wide = wide_path(path);
    HANDLE file = open_wide(wide, access, disposition, attributes);
    finish(file != INVALID_HANDLE_VALUE, wide, NULL);
    BY_HANDLE_FILE_INFORMATION found;
    if ((flags & WEFT_O_NOFOLLOW) && GetFileInformationByHandle(file, &found) &&
        (found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)) {
        CloseHandle(file);
        weft_raise_errno(ELOOP);
    }
    int fd = _open_osfhandle((intptr_t)file, (flags & WEFT_O_APPEND ? _O_APPEND : 0) | _O_BINARY | _O_NOINHERIT);
    if (fd < 0) {
        CloseHandle(file);
        weft_raise_errno(EMFILE);
    }
    return MP_OBJ_NEW_SMALL_INT(fd);
}
WEFT_3(open);

static mp_obj_t weft_fd_close(mp_obj_t fd) {
    if (_close((int)mp_obj_get_int(fd)) != 0) {
        weft_raise_errno(errno);
    }
    return mp_const_none;
}
WEFT_1(fd_close);

// ---- bytes

static mp_obj_t read_some(mp_obj_t fd, mp_obj_t limit, OVERLAPPED *at) {
    mp_int_t limit_bytes = mp_obj_get_int(limit);
    if (limit_bytes < 0) {
        mp_raise_ValueError(NULL);
    }
    // More is read by asking again; a whole file asked for must not take the limit's memory.
    DWORD size_bytes = limit_bytes > 64 * 1024 ? 64 * 1024 : (DWORD)limit_bytes;
    vstr_t bytes;
    vstr_init_len(&bytes, size_bytes);
    DWORD got = 0;
    if (!ReadFile(handle_of(fd), bytes.buf, size_bytes, &got, at) && GetLastError() != ERROR_HANDLE_EOF &&
        GetLastError() != ERROR_BROKEN_PIPE) {
        weft_raise_last_error();
    }
    bytes.len = got;
    return mp_obj_new_bytes_from_vstr(&bytes);
}

static mp_obj_t weft_fd_read(mp_obj_t fd, mp_obj_t limit) {
    return read_some(fd, limit, NULL);
}
WEFT_2(fd_read);

static mp_obj_t weft_fd_pread(mp_obj_t fd, mp_obj_t limit, mp_obj_t offset) {
    uint64_t from = (uint64_t)mp_obj_get_int(offset);
    OVERLAPPED at = {.Offset = (DWORD)from, .OffsetHigh = (DWORD)(from >> 32)};
    return read_some(fd, limit, &at);
}
WEFT_3(fd_pread);

static mp_obj_t weft_fd_write(mp_obj_t fd, mp_obj_t data) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    int written = _write((int)mp_obj_get_int(fd), buffer.buf, (unsigned)(buffer.len < 1 << 30 ? buffer.len : 1 << 30));
    if (written < 0) {
        weft_raise_errno(errno);
    }
    return MP_OBJ_NEW_SMALL_INT(written);
}
WEFT_2(fd_write);

static mp_obj_t weft_fd_sync(mp_obj_t fd) {
    if (!FlushFileBuffers(handle_of(fd))) {
        weft_raise_last_error();
    }
    return mp_const_none;
}
WEFT_1(fd_sync);

static mp_obj_t weft_truncate(mp_obj_t fd, mp_obj_t size) {
    FILE_END_OF_FILE_INFO end = {.EndOfFile = {.QuadPart = mp_obj_get_int(size)}};
    if (!SetFileInformationByHandle(handle_of(fd), FileEndOfFileInfo, &end, sizeof(end))) {
        weft_raise_last_error();
    }
    return mp_const_none;
}
WEFT_2(truncate);

static mp_obj_t weft_lock(mp_obj_t fd) {
    OVERLAPPED at = {.Offset = (DWORD)LOCK_OFFSET, .OffsetHigh = (DWORD)(LOCK_OFFSET >> 32)};
    if (LockFileEx(handle_of(fd), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)) {
        return mp_const_true;
    }
    if (GetLastError() == ERROR_LOCK_VIOLATION || GetLastError() == ERROR_IO_PENDING) {
        return mp_const_false;
    }
    weft_raise_last_error();
}
WEFT_1(lock);

// ---- facts

static qstr kind_of(DWORD attributes) {
    if (attributes & FILE_ATTRIBUTE_REPARSE_POINT) {
        return MP_QSTR_link;
    }
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? MP_QSTR_folder : MP_QSTR_file;
}

static uint64_t joined(DWORD high, DWORD low) {
    return (uint64_t)high << 32 | low;
}

static mp_obj_t facts(const BY_HANDLE_FILE_INFORMATION *found) {
    uint64_t ticks = joined(found->ftLastWriteTime.dwHighDateTime, found->ftLastWriteTime.dwLowDateTime);
    mp_obj_t items[] = {
        MP_OBJ_NEW_QSTR(kind_of(found->dwFileAttributes)),
        mp_obj_new_int_from_ull(joined(found->nFileSizeHigh, found->nFileSizeLow)),
        // From 1601 and units of 100 ns to 1970 and seconds.
        mp_obj_new_float((mp_float_t)(int64_t)(ticks - 116444736000000000u) / 1e7),
        mp_obj_new_int_from_uint(found->dwVolumeSerialNumber),
        mp_obj_new_int_from_ull(joined(found->nFileIndexHigh, found->nFileIndexLow)),
        mp_obj_new_int_from_uint(found->nNumberOfLinks),
        MP_OBJ_NEW_SMALL_INT(found->dwFileAttributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}

static mp_obj_t weft_stat(mp_obj_t path, mp_obj_t follow) {
    DWORD attributes = FILE_FLAG_BACKUP_SEMANTICS | (mp_obj_is_true(follow) ? 0 : FILE_FLAG_OPEN_REPARSE_POINT);
    wchar_t *wide = wide_path(path);
    HANDLE file = open_wide(wide, FILE_READ_ATTRIBUTES, OPEN_EXISTING, attributes);
    finish(file != INVALID_HANDLE_VALUE, wide, NULL);
    BY_HANDLE_FILE_INFORMATION found;
    BOOL is_found = GetFileInformationByHandle(file, &found);
    DWORD error = GetLastError();
    CloseHandle(file);
    if (!is_found) {
        weft_raise_errno(weft_errno_from_windows(error));
    }
    return facts(&found);
}
WEFT_2(stat);

static mp_obj_t weft_fstat(mp_obj_t fd) {
    BY_HANDLE_FILE_INFORMATION found;
    if (!GetFileInformationByHandle(handle_of(fd), &found)) {
        weft_raise_last_error();
    }
    return facts(&found);
}
WEFT_1(fstat);

// ---- names

static mp_obj_t weft_mkdir(mp_obj_t path, mp_obj_t mode) {
    (void)mode;
    wchar_t *wide = wide_path(path);
    finish(CreateDirectoryW(wide, NULL) != 0, wide, NULL);
    return mp_const_none;
}
WEFT_2(mkdir);

static mp_obj_t weft_rename(mp_obj_t path, mp_obj_t target) {
    wchar_t *from = wide_path(path);
    wchar_t *to = wide_path(target);
    bool is_done = false;
    for (int tries = 0; !is_done && tries < BUSY_TRIES; tries++) {
        if (tries > 0) {
            Sleep(BUSY_PAUSE_MS);
        }
        is_done = MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
        if (!is_done && GetLastError() != ERROR_SHARING_VIOLATION && GetLastError() != ERROR_ACCESS_DENIED) {
            break;
        }
    }
    finish(is_done, from, to);
    return mp_const_none;
}
WEFT_2(rename);

static mp_obj_t weft_link(mp_obj_t path, mp_obj_t target) {
    wchar_t *from = wide_path(path);
    wchar_t *to = wide_path(target);
    finish(CreateHardLinkW(to, from, NULL) != 0, from, to);
    return mp_const_none;
}
WEFT_2(link);

static mp_obj_t weft_unlink(mp_obj_t path) {
    wchar_t *wide = wide_path(path);
    finish(DeleteFileW(wide) != 0, wide, NULL);
    return mp_const_none;
}
WEFT_1(unlink);

static mp_obj_t weft_rmdir(mp_obj_t path) {
    wchar_t *wide = wide_path(path);
    finish(RemoveDirectoryW(wide) != 0, wide, NULL);
    return mp_const_none;
}
WEFT_1(rmdir);

static mp_obj_t weft_realpath(mp_obj_t path) {
    wchar_t *wide = wide_path(path);
    HANDLE file = open_wide(wide, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    finish(file != INVALID_HANDLE_VALUE, wide, NULL);
    enum { MOST = 32768 };
    wchar_t *found = malloc(MOST * sizeof(wchar_t));
    DWORD count = found == NULL ? 0 : GetFinalPathNameByHandleW(file, found, MOST, FILE_NAME_NORMALIZED);
    CloseHandle(file);
    if (count == 0 || count >= MOST) {
        free(found);
        weft_raise_errno(count == 0 ? ENOMEM : ENAMETOOLONG);
    }
    bool is_local = wcsncmp(found, L"\\\\?\\", 4) == 0 && wcsncmp(found, L"\\\\?\\UNC\\", 8) != 0;
    char *utf8 = weft_narrow(found + (is_local ? 4 : 0));
    free(found);
    if (utf8 == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    return weft_text_and_free(utf8);
}
WEFT_1(realpath);

static mp_obj_t weft_home(void) {
    const wchar_t *home = _wgetenv(L"USERPROFILE");
    char *utf8 = weft_narrow(home == NULL ? L"C:\\" : home);
    if (utf8 == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    return weft_text_and_free(utf8);
}
WEFT_0(home);

static void append_name(mp_obj_t names, const WIN32_FIND_DATAW *entry) {
    if (wcscmp(entry->cFileName, L".") == 0 || wcscmp(entry->cFileName, L"..") == 0) {
        return;
    }
    char *utf8 = weft_narrow(entry->cFileName);
    if (utf8 == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    mp_obj_t items[2] = {weft_text_and_free(utf8), MP_OBJ_NEW_QSTR(kind_of(entry->dwFileAttributes))};
    mp_obj_list_append(names, mp_obj_new_tuple(2, items));
}

static mp_obj_t weft_listdir(mp_obj_t path) {
    vstr_t pattern;
    vstr_init(&pattern, 64);
    vstr_add_str(&pattern, weft_path(path));
    vstr_add_str(&pattern, "\\*");
    wchar_t *wide = weft_wide(vstr_null_terminated_str(&pattern));
    vstr_clear(&pattern);
    if (wide == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    WIN32_FIND_DATAW entry;
    HANDLE search = FindFirstFileW(wide, &entry);
    finish(search != INVALID_HANDLE_VALUE, wide, NULL);
    mp_obj_t names = mp_obj_new_list(0, NULL);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        FindClose(search);
        nlr_jump(nlr.ret_val);
    }
    do {
        append_name(names, &entry);
    } while (FindNextFileW(search, &entry));
    nlr_pop();
    FindClose(search);
    return names;
}
WEFT_1(listdir);
// ---- names in a folder: always HERE

static mp_obj_t weft_openat(size_t count, const mp_obj_t *arguments) {
    (void)count;
    return weft_open(arguments[1], arguments[2], arguments[3]);
}
WEFT_N(openat, 4, 4);

static mp_obj_t weft_statat(mp_obj_t here, mp_obj_t path, mp_obj_t follow) {
    (void)here;
    return weft_stat(path, follow);
}
WEFT_3(statat);

static mp_obj_t weft_renameat(size_t count, const mp_obj_t *arguments) {
    (void)count;
    return weft_rename(arguments[1], arguments[3]);
}
WEFT_N(renameat, 4, 4);

static mp_obj_t weft_unlinkat(mp_obj_t here, mp_obj_t path) {
    (void)here;
    return weft_unlink(path);
}
WEFT_2(unlinkat);
#else
typedef int weft_not_windows; // a translation unit may not be empty
#endif
