// Children on POSIX systems: each in a session and group of its own, with pipes that are handles like any other.
//
// A child is not taken from the system's table (reaped) before its handle is closed: until then its number cannot come
// to mean another process, so killing its group is always safe. Closing kills the group.
#if !defined(_WIN32)
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include "py/mphal.h"
#include "py/objtuple.h"
#include "weft.h"
#include "weft_confine.h"
#include "weft_process.h"

typedef struct {
    weft_handle handle;
    pid_t pid;
    sig_atomic_t seen_news;
    bool has_ended;
    int status; // the exit code, or the signal's number below 0
} process;

enum { MOST_LIMITS = 8, MOST_UNREAPED = 32, HIGHEST_CLOSED = 4096 };

typedef struct {
    int resource;
    rlim_t value;
} limit;

// All that the child needs, made before the fork: after it nothing may be allocated.
typedef struct {
    const char *program;
    char **argv;
    char **environment;
    const char *folder;
    limit limits[MOST_LIMITS];
    size_t limit_count;
    weft_confinement confinement;
    int streams[3];
    int report;
} plan;

typedef struct {
    int stage;
    int failure;
} report;

enum { STAGE_FOLDER, STAGE_LIMITS, STAGE_CONFINEMENT, STAGE_PROGRAM };
static const char *const stage_names[] = {"its folder", "its limits", "its confinement", "the program"};

extern char **environ;

// ---- the end of children

static volatile sig_atomic_t news; // grows with each SIGCHLD
static pid_t unreaped[MOST_UNREAPED];
static size_t unreaped_count;

static void on_child(int number) {
    (void)number;
    news++;
    weft_wake();
}

static void listen_to_children(void) {
    static bool is_listening;
    if (!is_listening) {
        struct sigaction action;
        memset(&action, 0, sizeof(action));
        action.sa_handler = on_child;
        action.sa_flags = SA_NOCLDSTOP | SA_RESTART;
        sigemptyset(&action.sa_mask);
        // Also when whoever started us ignores or blocks it: then no end would ever be seen.
        sigset_t unblocked;
        sigemptyset(&unblocked);
        sigaddset(&unblocked, SIGCHLD);
        is_listening = sigaction(SIGCHLD, &action, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &unblocked, NULL) == 0;
    }
}

static bool has_ended(process *self) {
    if (self->has_ended) {
        return true;
    }
    sig_atomic_t now = news;
    if (self->seen_news == now) {
        return false;
    }
    siginfo_t found;
    memset(&found, 0, sizeof(found));
    if (waitid(P_PID, (id_t)self->pid, &found, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (errno == EINTR) {
            return false; // asked again at the next look, as `seen_news` stays
        }
        self->has_ended = true; // somebody else took it: how it ended is not known
        self->status = -SIGKILL;
        return true;
    }
    self->seen_news = now;
    if (found.si_pid == self->pid) {
        self->has_ended = true;
        self->status = found.si_code == CLD_EXITED ? found.si_status : -found.si_status;
    }
    return self->has_ended;
}

static void reap(void) {
    size_t kept = 0;
    for (size_t i = 0; i < unreaped_count; i++) {
        if (waitpid(unreaped[i], NULL, WNOHANG) == 0) {
            unreaped[kept++] = unreaped[i];
        }
    }
    unreaped_count = kept;
}

static bool process_is_ready(weft_handle *self, short seen) {
    (void)seen;
    return has_ended((process *)self);
}

static void process_close(weft_handle *handle) {
    process *self = (process *)handle;
    if (self->pid <= 0) {
        return;
    }
    kill(-self->pid, SIGKILL);
    // A child that has not come to make its group is reached by its number.
    kill(self->pid, SIGKILL);
    reap();
    if (unreaped_count < MOST_UNREAPED) {
        // A process may take long to die (a disk that hangs); it is not waited for.
        unreaped[unreaped_count++] = self->pid;
        reap();
    } else {
        while (waitpid(self->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

static const weft_kind process_kind = {
    .name = "process",
    .is_ready = process_is_ready,
    .close = process_close,
};

// ---- in the child, between fork and exec: only what is safe in a signal handler

MP_NORETURN static void give_up(const plan *made, int stage) {
    report told = {.stage = stage, .failure = errno};
    ssize_t written = write(made->report, &told, sizeof(told));
    (void)written;
    _exit(127);
}

static void close_the_rest(void) {
#if defined(__linux__) && defined(SYS_close_range)
    // 4: close at exec. Libraries may have opened something without saying so.
    if (syscall(SYS_close_range, 3, ~0u, 4) == 0) {
        return;
    }
#endif
    struct rlimit most;
    int end = HIGHEST_CLOSED;
    if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur < HIGHEST_CLOSED) {
        end = (int)most.rlim_cur;
    }
    for (int fd = 3; fd < end; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

MP_NORETURN static void become(const plan *made) {
    // A session, not just a group: without a terminal nothing can ask the user for a password, or stop for reading it.
    setsid();
    static const int changed[] = {SIGINT, SIGTERM, SIGPIPE, SIGCHLD};
    for (size_t i = 0; i < MP_ARRAY_SIZE(changed); i++) {
        signal(changed[i], SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int fd = 0; fd < 3; fd++) {
        dup2(made->streams[fd], fd); // a new number never closes at exec
    }
    if (made->folder != NULL && chdir(made->folder) != 0) {
        give_up(made, STAGE_FOLDER);
    }
    close_the_rest();
    for (size_t i = 0; i < made->limit_count; i++) {
        struct rlimit most = {.rlim_cur = made->limits[i].value, .rlim_max = made->limits[i].value};
        if (setrlimit(made->limits[i].resource, &most) != 0) {
            give_up(made, STAGE_LIMITS);
        }
    }
    if (weft_confine_here(&made->confinement) != 0) {
        give_up(made, STAGE_CONFINEMENT);
    }
    environ = made->environment;
    execvp(made->program, made->argv);
    give_up(made, STAGE_PROGRAM);
}

// ---- starting

static char **texts_of(mp_obj_t tuple) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(tuple, &count, &items);
    char **texts = m_new(char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        texts[i] = (char *)weft_path(items[i]);
    }
    texts[count] = NULL;
    return texts;
}

static void add_limit(plan *made, mp_obj_t pair) {
    static const struct {
        uint16_t name;
        int resource;
    } known[] = {
        {MP_QSTR_cpu_s, RLIMIT_CPU},
        {MP_QSTR_memory_bytes, RLIMIT_AS},
        {MP_QSTR_file_bytes, RLIMIT_FSIZE},
        {MP_QSTR_files, RLIMIT_NOFILE},
        {MP_QSTR_processes, RLIMIT_NPROC},
        {MP_QSTR_core_bytes, RLIMIT_CORE},
    };
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(pair, 2, &items);
    qstr name = mp_obj_str_get_qstr(items[0]);
    for (size_t i = 0; i < MP_ARRAY_SIZE(known); i++) {
        if (known[i].name == name && made->limit_count < MOST_LIMITS) {
            limit *added = &made->limits[made->limit_count++];
            added->resource = known[i].resource;
            added->value = (rlim_t)mp_obj_get_int(items[1]);
            struct rlimit now;
            // Nobody may raise a limit that was set for us.
            if (getrlimit(added->resource, &now) == 0 && now.rlim_max < added->value) {
                added->value = now.rlim_max;
            }
            return;
        }
    }
    mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("unknown limit '%q'"), name);
}

// A pipe whose end for us is a handle; the child's end goes to `streams[fd]`.
static weft_handle *add_pipe(plan *made, int fd) {
    int ends[2];
    if (weft_make_pipe(ends) != 0) {
        weft_raise_errno(errno);
    }
    int ours = fd == 0 ? 1 : 0;
    made->streams[fd] = ends[1 - ours];
    if (fcntl(ends[ours], F_SETFL, O_NONBLOCK) != 0) {
        int failure = errno;
        close(ends[ours]);
        weft_raise_errno(failure);
    }
    return weft_handle_from_fd(ends[ours]);
}

static void launch(plan *made, process *child) {
    int ends[2];
    if (weft_make_pipe(ends) != 0) {
        weft_raise_errno(errno);
    }
    made->report = ends[1];
    listen_to_children();
    reap();
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // Until it has its own handlers, the child may not run ours: they would wake the parent.
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        become(made);
    }
    int failure = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    report told = {.failure = 0};
    ssize_t size_bytes = 0;
    if (pid > 0) {
        child->pid = pid;
        child->seen_news = news - 1;
        // Ends when the child's copy closes: at its exec, or when it gives up.
        do {
            size_bytes = read(ends[0], &told, sizeof(told));
        } while (size_bytes < 0 && errno == EINTR);
    }
    close(ends[0]);
    if (pid < 0) {
        weft_raise_errno(failure);
    }
    if (size_bytes == (ssize_t)sizeof(told)) {
        weft_raise_errno_of(told.failure, stage_names[told.stage]);
    }
}

// The child reads what another one wrote to a pipe: the end of it that is a handle here, which stays open.
static void read_from(plan *made, mp_obj_t number) {
    weft_handle *source = weft_handle_get(number, NULL);
    int flags = fcntl((int)source->fd, F_GETFL);
    // Programs do not expect an input that never blocks.
    if (flags < 0 || fcntl((int)source->fd, F_SETFL, flags & ~O_NONBLOCK) != 0 ||
        (made->streams[0] = fcntl((int)source->fd, F_DUPFD_CLOEXEC, 3)) < 0) {
        weft_raise_errno(errno);
    }
}

static void connect_streams(plan *made, mp_int_t flags, mp_obj_t source, weft_handle *volatile handles[4]) {
    if (source != mp_const_none) {
        read_from(made, source);
    } else if (flags & WEFT_SPAWN_INPUT) {
        handles[1] = add_pipe(made, 0);
    } else if ((made->streams[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) {
        weft_raise_errno(errno);
    }
    handles[2] = add_pipe(made, 1);
    if (flags & WEFT_SPAWN_JOINED) {
        made->streams[2] = made->streams[1];
    } else {
        handles[3] = add_pipe(made, 2);
    }
}

static mp_obj_t weft_spawn(size_t count, const mp_obj_t *arguments) {
    plan made = {.confinement = {.ruleset = -1}, .streams = {-1, -1, -1}, .report = -1};
    made.argv = texts_of(arguments[0]);
    if (made.argv[0] == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("a program must be named"));
    }
    made.program = count > 5 && arguments[5] != mp_const_none ? weft_path(arguments[5]) : made.argv[0];
    mp_obj_t source = count > 6 ? arguments[6] : mp_const_none;
    made.folder = arguments[1] == mp_const_none ? NULL : weft_path(arguments[1]);
    made.environment = arguments[2] == mp_const_none ? environ : texts_of(arguments[2]);
    mp_int_t flags = mp_obj_get_int(arguments[3]);
    size_t limit_count;
    mp_obj_t *limits;
    mp_obj_get_array(arguments[4], &limit_count, &limits);
    for (size_t i = 0; i < limit_count; i++) {
        add_limit(&made, limits[i]);
    }

    // Not in registers: they are needed after a jump back.
    weft_handle *volatile handles[4] = {NULL, NULL, NULL, NULL};
    nlr_buf_t nlr;
    bool is_started = nlr_push(&nlr) == 0;
    if (is_started) {
        process *child = weft_handle_new(&process_kind, sizeof(process));
        handles[0] = &child->handle;
        connect_streams(&made, flags, source, handles);
        weft_confine_prepare(&made.confinement, count > 7 ? arguments[7] : mp_const_none);
        launch(&made, child);
        nlr_pop();
    }
    weft_confine_end(&made.confinement);
    for (int fd = 0; fd < (made.streams[2] == made.streams[1] ? 2 : 3); fd++) {
        if (made.streams[fd] >= 0) {
            close(made.streams[fd]);
        }
    }
    if (!is_started) {
        for (int i = 0; i < 4; i++) {
            if (handles[i] != NULL) {
                weft_handle_close(handles[i]);
            }
        }
        nlr_jump(nlr.ret_val);
    }
    mp_obj_t numbers[4];
    for (int i = 0; i < 4; i++) {
        numbers[i] = handles[i] == NULL ? MP_OBJ_NEW_SMALL_INT(-1) : weft_handle_object(handles[i]);
    }
    return mp_obj_new_tuple(4, numbers);
}
WEFT_N(spawn, 5, 8);

static mp_obj_t weft_exit_status(mp_obj_t number) {
    process *self = weft_handle_get(number, &process_kind);
    self->seen_news = news - 1; // asks the system in any case
    return has_ended(self) ? MP_OBJ_NEW_SMALL_INT(self->status) : mp_const_none;
}
WEFT_1(exit_status);

static mp_obj_t weft_kill(mp_obj_t number, mp_obj_t signal_number) {
    process *self = weft_handle_get(number, &process_kind);
    // ESRCH, and EPERM on macOS: the group has nobody left.
    if (kill(-self->pid, (int)mp_obj_get_int(signal_number)) != 0 && errno != ESRCH && errno != EPERM) {
        weft_raise_errno(errno);
    }
    return mp_const_none;
}
WEFT_2(kill);
#else
typedef int weft_not_posix; // a translation unit may not be empty
#endif
