// SIGINT and SIGTERM (on Windows the console's events) as bytes that a handle gives to the program.
//
// Before signals() is called, and when an interrupt comes while the last one has not been read, Ctrl-C raises
// KeyboardInterrupt in whatever Python is running: a program that does not wait can always be stopped.
#include <signal.h>
#include <string.h>

#include "py/mphal.h"
#include "weft.h"

#if defined(_WIN32)
#include <windows.h>
#endif

enum { INTERRUPT = 2, TERMINATE = 15 };

static volatile sig_atomic_t is_open;
static weft_handle *open_handle;
// How many came, written by the handler; how many were read, written by the program. Never reset.
static volatile sig_atomic_t came_interrupts;
static volatile sig_atomic_t came_terminations;
static sig_atomic_t read_interrupts;
static sig_atomic_t read_terminations;

static void on_interrupt(void) {
    bool is_unheard = !is_open || came_interrupts != read_interrupts;
    came_interrupts++;
    if (is_unheard) {
        mp_sched_keyboard_interrupt();
    }
    weft_wake();
}

static void on_termination(void) {
    came_terminations++;
    weft_wake();
}

static bool signals_is_ready(weft_handle *self, short seen) {
    (void)seen;
    return self->is_read_wanted && (came_interrupts != read_interrupts || came_terminations != read_terminations);
}

static mp_obj_t signals_read(weft_handle *self, size_t limit_bytes) {
    (void)self;
    byte numbers[16];
    size_t count = 0;
    while (count < sizeof(numbers) && count < limit_bytes) {
        if (came_terminations != read_terminations) {
            read_terminations++;
            numbers[count++] = TERMINATE;
        } else if (came_interrupts != read_interrupts) {
            read_interrupts++;
            numbers[count++] = INTERRUPT;
        } else {
            break;
        }
    }
    return count == 0 ? mp_const_none : mp_obj_new_bytes(numbers, count);
}

#if defined(_WIN32)

// Called in a thread of its own.
static BOOL WINAPI on_console_event(DWORD event) {
    if (event == CTRL_C_EVENT) {
        on_interrupt();
        return TRUE;
    }
    if (!is_open) {
        return FALSE;
    }
    on_termination();
    if (event != CTRL_BREAK_EVENT) {
        // The process ends when this returns; the program has until then to end by itself.
        Sleep(5000);
    }
    return TRUE;
}

void weft_start_signals(void) {
    SetConsoleCtrlHandler(on_console_event, TRUE);
}

static void listen_to_termination(void) {
}

static void ignore_termination(void) {
}

#else

static void on_signal(int number) {
    if (number == SIGINT) {
        on_interrupt();
    } else {
        on_termination();
    }
}

static void set_handler(int number, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    // No SA_RESTART: an interrupted call is made again only after what is pending was handled.
    sigaction(number, &action, NULL);
}

void weft_start_signals(void) {
    // Writing to a closed pipe is an error of that write, not the end of the process.
    set_handler(SIGPIPE, SIG_IGN);
    struct sigaction found;
    // A job started in the background is not to hear the terminal's Ctrl-C.
    if (sigaction(SIGINT, NULL, &found) == 0 && found.sa_handler != SIG_IGN) {
        set_handler(SIGINT, on_signal);
    }
}

static void listen_to_termination(void) {
    set_handler(SIGTERM, on_signal);
}

static void ignore_termination(void) {
    set_handler(SIGTERM, SIG_DFL);
}

#endif

static void signals_close(weft_handle *self) {
    (void)self;
    is_open = 0;
    open_handle = NULL;
    ignore_termination();
}

static const weft_kind signals_kind = {
    .name = "signals",
    .is_ready = signals_is_ready,
    .read = signals_read,
    .close = signals_close,
};

static mp_obj_t weft_signals(void) {
    if (open_handle != NULL) {
        return weft_handle_object(open_handle);
    }
    open_handle = weft_handle_new(&signals_kind, sizeof(weft_handle));
    read_interrupts = came_interrupts;
    read_terminations = came_terminations;
    is_open = 1;
    listen_to_termination();
    return weft_handle_object(open_handle);
}
WEFT_0(signals);
