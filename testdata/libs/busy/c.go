package main

// #include <fcntl.h>
// #include <pthread.h>
// #include <signal.h>
// #include <stdlib.h>
// #include <sys/wait.h>
// #include <unistd.h>
//
// static void *nothing(void *unused) { return unused; }
//
// static void *reopen(void *unused) {
//     for (;;) {
//         int fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
//         if (fd >= 0)
//             close(fd);
//         for (volatile int i = 0; i < 20000; i++) // here it can be ended
//             ;
//     }
//     return unused;
// }
//
// static void *restart(void *unused) {
//     for (;;) {
//         pthread_t t;
//         if (pthread_create(&t, NULL, nothing, NULL) == 0)
//             pthread_join(t, NULL);
//         for (volatile int i = 0; i < 20000; i++)
//             ;
//     }
//     return unused;
// }
//
// static int begin(void *(*f)(void *)) {
//     pthread_t t;
//     int err = pthread_create(&t, NULL, f, NULL);
//     return err ? err : pthread_detach(t);
// }
//
// static int reopen_on_and_on(void) { return begin(reopen); }
// static int restart_on_and_on(void) { return begin(restart); }
//
// static int abort_in_child(void) {
//     int status = -1;
//     pid_t child = fork();
//     if (child == 0) {
//         signal(SIGABRT, SIG_DFL);
//         signal(SIGALRM, SIG_DFL);
//         alarm(5);
//         abort();
//     }
//     waitpid(child, &status, 0);
//     return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
// }
import "C"

// Reopen starts n threads of C code that open and close a file.
//
//export Reopen
func Reopen(n int64) (err int64) {
	for range n {
		err |= int64(C.reopen_on_and_on())
	}
	return err
}

// Restart starts n threads of C code that start threads and join them.
//
//export Restart
func Restart(n int64) (err int64) {
	for range n {
		err |= int64(C.restart_on_and_on())
	}
	return err
}

// AbortInChild has a child of C code abort, and returns the signal that ended it.
//
//export AbortInChild
func AbortInChild() int32 { return int32(C.abort_in_child()) }
