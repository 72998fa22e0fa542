// Children on Windows: each in a job object, which is its group: limits hold for all of it, and it ends as one.
#if defined(_WIN32)
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "py/objtuple.h"
#include "weft_process.h"
#include "weft_threads_windows.h"

typedef struct {
    weft_handle handle;
    HANDLE process;
    HANDLE job;
    HANDLE watch; // wakes the wait point when the process ends
    int killed_by;
} child;

// What is given back when a start fails half-way: everything here that is not NULL.
typedef struct {
    wchar_t *line;
    wchar_t *folder;
    wchar_t *environment;
    HANDLE streams[3];
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
    weft_handle *handles[4];
} plan;

static VOID CALLBACK on_end(PVOID context, BOOLEAN is_late) {
    (void)context;
    (void)is_late;
    weft_wake();
}

static bool child_is_ready(weft_handle *self, short seen) {
    (void)seen;
    return WaitForSingleObject(((child *)self)->process, 0) == WAIT_OBJECT_0;
}

static void child_close(weft_handle *handle) {
    child *self = (child *)handle;
    if (self->watch != NULL) {
        UnregisterWaitEx(self->watch, INVALID_HANDLE_VALUE);
    }
    if (self->job != NULL) {
        TerminateJobObject(self->job, 1);
        CloseHandle(self->job);
    }
    if (self->process != NULL) {
        CloseHandle(self->process);
    }
}

static const weft_kind child_kind = {
    .name = "process",
    .is_ready = child_is_ready,
    .close = child_close,
};

// ---- words into a command line and a block of variables

// The program's own parser takes backslashes before a quote for themselves, so those are doubled.
static void add_word(vstr_t *line, const char *word) {
    if (line->len > 0) {
        vstr_add_char(line, ' ');
    }
    if (*word != 0 && strpbrk(word, " \t\n\v\"") == NULL) {
        vstr_add_str(line, word);
        return;
    }
    vstr_add_char(line, '"');
    for (const char *at = word;; at++) {
        size_t slashes = strspn(at, "\\");
        at += slashes;
        bool is_doubled = *at == '"' || *at == 0;
        for (size_t i = 0; i < slashes * (is_doubled ? 2 : 1); i++) {
            vstr_add_char(line, '\\');
        }
        if (*at == 0) {
            break;
        }
        if (*at == '"') {
            vstr_add_char(line, '\\');
        }
        vstr_add_byte(line, (byte)*at);
    }
    vstr_add_char(line, '"');
}

static wchar_t *wide_or_raise(const char *utf8) {
    wchar_t *wide = weft_wide(utf8);
    if (wide == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    return wide;
}

static wchar_t *command_line(mp_obj_t argv) {
    size_t count;
    mp_obj_t *words;
    mp_obj_get_array(argv, &count, &words);
    if (count == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a program must be named"));
    }
    vstr_t line;
    vstr_init(&line, 128);
    for (size_t i = 0; i < count; i++) {
        add_word(&line, weft_path(words[i]));
    }
    return wide_or_raise(vstr_null_terminated_str(&line));
}

static int compare_names(const void *one, const void *other) {
    return _wcsicmp(*(wchar_t *const *)one, *(wchar_t *const *)other);
}

// Windows wants the variables sorted, each ended by a NUL, and one more NUL.
static wchar_t *environment_block(mp_obj_t entries) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(entries, &count, &items);
    wchar_t **all = m_new0(wchar_t *, count + 1);
    size_t letters = 2;
    for (size_t i = 0; i < count; i++) {
        size_t needed = strlen(weft_path(items[i])) + 1;
        // In the collector's memory, so that nothing is lost if one of these raises.
        all[i] = m_new(wchar_t, needed);
        letters += (size_t)MultiByteToWideChar(CP_UTF8, 0, weft_path(items[i]), -1, all[i], (int)needed);
    }
    qsort(all, count, sizeof(*all), compare_names);
    wchar_t *block = calloc(letters, sizeof(wchar_t));
    if (block == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    wchar_t *to = block;
    for (size_t i = 0; i < count; i++) {
        wcscpy(to, all[i]);
        to += wcslen(all[i]) + 1;
    }
    return block;
}

// ---- limits

static void limit_job(HANDLE job, mp_obj_t limits) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION all;
    memset(&all, 0, sizeof(all));
    // If this process dies without closing anything, its children die too.
    all.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    size_t count;
    mp_obj_t *pairs;
    mp_obj_get_array(limits, &count, &pairs);
    for (size_t i = 0; i < count; i++) {
        mp_obj_t *items;
        mp_obj_get_array_fixed_n(pairs[i], 2, &items);
        mp_int_t value = mp_obj_get_int(items[1]);
        switch (mp_obj_str_get_qstr(items[0])) {
            case MP_QSTR_cpu_s:
                all.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_JOB_TIME;
                all.BasicLimitInformation.PerJobUserTimeLimit.QuadPart = value * 10000000ll;
                break;
            case MP_QSTR_memory_bytes:
                all.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
                all.JobMemoryLimit = (SIZE_T)value;
                break;
            case MP_QSTR_processes:
                all.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
                all.BasicLimitInformation.ActiveProcessLimit = (DWORD)value;
                break;
            default: // Windows has no such limit
                break;
        }
    }
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &all, sizeof(all))) {
        weft_raise_last_error();
    }
}

// ---- starting

// A pipe whose end for us is a handle with a thread; the child's end goes to `streams[fd]` and is inheritable.
static void add_pipe(plan *made, int fd) {
    SECURITY_ATTRIBUTES plain = {.nLength = sizeof(plain)};
    HANDLE reading;
    HANDLE writing;
    if (!CreatePipe(&reading, &writing, &plain, 64 * 1024)) {
        weft_raise_last_error();
    }
    made->streams[fd] = fd == 0 ? reading : writing;
    made->handles[fd + 1] = fd == 0 ? weft_writer_of(writing) : weft_reader_of(reading);
}

static void prepare(plan *made, const mp_obj_t *arguments, mp_int_t flags, child *self) {
    made->line = command_line(arguments[0]);
    made->folder = arguments[1] == mp_const_none ? NULL : wide_or_raise(weft_path(arguments[1]));
    made->environment = arguments[2] == mp_const_none ? NULL : environment_block(arguments[2]);
    self->job = CreateJobObjectW(NULL, NULL);
    if (self->job == NULL) {
        weft_raise_last_error();
    }
    limit_job(self->job, arguments[4]);
    if (flags & WEFT_SPAWN_INPUT) {
        add_pipe(made, 0);
    } else {
        made->streams[0] =
            CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    }
    add_pipe(made, 1);
    if (flags & WEFT_SPAWN_JOINED) {
        made->streams[2] = made->streams[1];
    } else {
        add_pipe(made, 2);
    }
}

static void launch(plan *made, child *self) {
    HANDLE inherited[3];
    size_t count = 0;
    for (int fd = 0; fd < 3; fd++) {
        SetHandleInformation(made->streams[fd], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
        if (fd < 2 || made->streams[2] != made->streams[1]) {
            inherited[count++] = made->streams[fd];
        }
    }
    // Only these three, whatever else in this process is inheritable.
    SIZE_T size_bytes = 0;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size_bytes);
    made->attributes = malloc(size_bytes);
    if (made->attributes == NULL || !InitializeProcThreadAttributeList(made->attributes, 1, 0, &size_bytes) ||
        !UpdateProcThreadAttribute(made->attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited,
            count * sizeof(HANDLE), NULL, NULL)) {
        weft_raise_last_error();
    }
    STARTUPINFOEXW how = {.StartupInfo = {.cb = sizeof(how), .dwFlags = STARTF_USESTDHANDLES}};
    how.StartupInfo.hStdInput = made->streams[0];
    how.StartupInfo.hStdOutput = made->streams[1];
    how.StartupInfo.hStdError = made->streams[2];
    how.lpAttributeList = made->attributes;
    PROCESS_INFORMATION started;
    // It does not run before it is in its job, so nothing it starts can be outside.
    DWORD way = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT |
                CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW;
    if (!CreateProcessW(NULL, made->line, NULL, NULL, TRUE, way, made->environment, made->folder, &how.StartupInfo,
            &started)) {
        DWORD error = GetLastError();
        if (error == ERROR_DIRECTORY) {
            weft_raise_errno_of(ENOENT, "its folder");
        }
        int number = weft_errno_from_windows(error);
        char what[48] = "the program";
        if (number == EIO) { // one that has no name here: its number is all there is to find it by
            snprintf(what, sizeof(what), "the program (Windows error %lu)", (unsigned long)error);
        }
        weft_raise_errno_of(number, what);
    }
    self->process = started.hProcess;
    // Not watched unless it is in its job: the error is the first one's, and without it there is no watch to end.
    if (!AssignProcessToJobObject(self->job, started.hProcess) ||
        !RegisterWaitForSingleObject(&self->watch, started.hProcess, on_end, NULL, INFINITE,
            WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD)) {
        DWORD error = GetLastError();
        TerminateProcess(started.hProcess, 1);
        CloseHandle(started.hThread);
        weft_raise_errno_of(weft_errno_from_windows(error), "its limits");
    }
    ResumeThread(started.hThread);
    CloseHandle(started.hThread);
}

static void give_back(plan *made) {
    free(made->line);
    free(made->folder);
    free(made->environment);
    free(made->attributes);
    for (int fd = 0; fd < (made->streams[2] == made->streams[1] ? 2 : 3); fd++) {
        if (made->streams[fd] != NULL && made->streams[fd] != INVALID_HANDLE_VALUE) {
            CloseHandle(made->streams[fd]);
        }
    }
}

static mp_obj_t weft_spawn(size_t count, const mp_obj_t *arguments) {
    if (count > 5) { // a thread reads each pipe here, so no other child can; and nothing confines
        weft_raise_errno_of(ENOSYS, "the program");
    }
    mp_int_t flags = mp_obj_get_int(arguments[3]);
    // In memory of its own and not in registers: it is needed after a jump back.
    plan *volatile made = m_new0(plan, 1);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        give_back(made);
        for (int i = 0; i < 4; i++) {
            if (made->handles[i] != NULL) {
                weft_handle_close(made->handles[i]);
            }
        }
        nlr_jump(nlr.ret_val);
    }
    child *self = weft_handle_new(&child_kind, sizeof(child));
    made->handles[0] = &self->handle;
    prepare(made, arguments, flags, self);
    launch(made, self);
    nlr_pop();
    give_back(made);
    mp_obj_t numbers[4];
    for (int i = 0; i < 4; i++) {
        numbers[i] = made->handles[i] == NULL ? MP_OBJ_NEW_SMALL_INT(-1) : weft_handle_object(made->handles[i]);
    }
    return mp_obj_new_tuple(4, numbers);
}
WEFT_N(spawn, 5, 8);

static mp_obj_t weft_exit_status(mp_obj_t number) {
    child *self = weft_handle_get(number, &child_kind);
    DWORD code;
    if (!child_is_ready(&self->handle, 0) || !GetExitCodeProcess(self->process, &code)) {
        return mp_const_none;
    }
    return self->killed_by != 0 ? MP_OBJ_NEW_SMALL_INT(-self->killed_by) : mp_obj_new_int_from_uint(code);
}
WEFT_1(exit_status);

static mp_obj_t weft_kill(mp_obj_t number, mp_obj_t signal_number) {
    child *self = weft_handle_get(number, &child_kind);
    // There is no way to ask a process without a window to end: all of it ends at once.
    int number_of_signal = (int)mp_obj_get_int(signal_number);
    if (!child_is_ready(&self->handle, 0)) {
        self->killed_by = number_of_signal;
    }
    if (!TerminateJobObject(self->job, 128 + (UINT)number_of_signal)) {
        weft_raise_last_error();
    }
    return mp_const_none;
}
WEFT_2(kill);
#else
typedef int weft_not_windows; // a translation unit may not be empty
#endif
