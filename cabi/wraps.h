/* The functions that the shim wraps (shim_linux.go), by the names that a library has them from
 * outside by. A test compares the two. */
/* clang-format off */
#define WRAPS(W) \
    W(pthread_create) W(pthread_join) W(pthread_detach) W(mmap) W(mmap64) W(munmap) W(mremap) W(open) \
    W(open64) W(openat) W(openat64) W(creat) W(creat64) W(socket) W(socketpair) W(accept) W(accept4) \
    W(pipe) W(pipe2) W(dup) W(dup2) W(dup3) W(memfd_create) W(close) W(malloc) W(calloc) W(realloc) \
    W(reallocarray) W(free) W(posix_memalign) W(aligned_alloc) W(memalign) W(valloc) W(pvalloc) \
    W(strdup) W(__strdup) W(strndup) W(asprintf) W(vasprintf) W(__asprintf_chk) W(__vasprintf_chk) \
    W(getline) W(getdelim) W(__getdelim) W(putenv) W(setvbuf) W(epoll_create) W(epoll_create1) \
    W(eventfd) W(timerfd_create) W(signalfd) W(inotify_init) W(inotify_init1) W(fanotify_init) \
    W(pidfd_open) W(fcntl) W(fcntl64) W(close_range) W(closefrom) W(recvmsg) W(recvmmsg) W(syscall) \
    W(fopen) W(fopen64) W(fdopen) W(freopen) W(freopen64) W(fclose) W(tmpfile) W(tmpfile64) W(popen) \
    W(pclose) W(opendir) W(fdopendir) W(closedir) W(mkstemp) W(mkstemp64) W(mkostemp) W(mkostemp64) \
    W(mkstemps) W(mkstemps64) W(mkostemps) W(mkostemps64) W(pthread_key_create) W(pthread_key_delete) \
    W(pthread_setspecific) W(__cxa_thread_atexit) W(__cxa_thread_atexit_impl) W(abort) W(exit) W(_exit) \
    W(_Exit) W(quick_exit) W(err) W(errx) W(verr) W(verrx) W(error) W(error_at_line) W(daemon) \
    W(__assert_fail) W(__assert_perror_fail) W(__assert) W(__stack_chk_fail) W(__chk_fail) W(atexit) \
    W(__memcpy_chk) W(__mempcpy_chk) W(__memmove_chk) W(__memset_chk) W(__strcpy_chk) W(__stpcpy_chk) \
    W(__strncpy_chk) W(__stpncpy_chk) W(__strcat_chk) W(__strncat_chk) W(__vsprintf_chk) W(__sprintf_chk) \
    W(__vsnprintf_chk) W(__snprintf_chk) W(__fgets_chk) W(__fread_chk) W(__pread_chk) W(__pread64_chk) \
    W(__fdelt_chk) W(__readlink_chk) W(__getcwd_chk) W(__gethostname_chk) W(__realpath_chk) \
    W(__open_2) W(__open64_2) W(__openat_2) W(__openat64_2) \
    W(on_exit) W(__cxa_at_quick_exit) W(__cxa_atexit) W(__register_atfork) W(pthread_atfork) W(raise) \
    W(gsignal) W(kill) W(killpg) W(tgkill) W(sigqueue) W(pthread_kill) W(pthread_sigqueue) W(sigaction) \
    W(signal) W(bsd_signal) W(ssignal) W(sysv_signal) W(__sysv_signal) W(sigset) W(sigignore) \
    W(siginterrupt) W(sigaltstack) W(alarm) W(ualarm) W(setitimer) W(pthread_sigmask) W(sigprocmask) \
    W(sighold) W(sigrelse) W(sigblock) W(sigsetmask) W(pthread_tryjoin_np) W(pthread_timedjoin_np) \
    W(pthread_clockjoin_np) W(pthread_cancel) W(thrd_create) W(thrd_join) W(thrd_detach) W(timer_create) \
    W(timer_delete) W(aio_read) W(aio_read64) W(aio_write) W(aio_write64) W(aio_fsync) W(aio_fsync64) \
    W(lio_listio) W(lio_listio64) W(mq_notify) W(getaddrinfo_a) W(fork) W(_Fork) W(vfork) W(forkpty) \
    W(clone) W(nanosleep) W(clock_nanosleep) W(usleep) W(sleep) W(thrd_sleep) W(sched_yield) \
    W(pthread_mutex_lock) W(pthread_mutex_timedlock) W(pthread_mutex_clocklock) W(pthread_cond_wait) \
    W(pthread_cond_timedwait) W(pthread_cond_clockwait) W(pthread_rwlock_rdlock) \
    W(pthread_rwlock_wrlock) W(pthread_rwlock_timedrdlock) W(pthread_rwlock_timedwrlock) \
    W(pthread_rwlock_clockrdlock) W(pthread_rwlock_clockwrlock) W(pthread_barrier_wait) W(sem_wait) \
    W(sem_timedwait) W(sem_clockwait) W(mtx_lock) W(mtx_timedlock) W(cnd_wait) W(cnd_timedwait) W(poll) \
    W(__poll_chk) W(ppoll) W(__ppoll_chk) W(select) W(pselect) W(epoll_wait) W(epoll_pwait) W(read) \
    W(__read_chk) W(readv) W(write) W(writev) W(recv) W(__recv_chk) W(recvfrom) W(__recvfrom_chk) \
    W(send) W(sendto) W(sendmsg) W(connect) W(flock) W(msgrcv) W(msgsnd) W(semop) W(semtimedop) \
    W(mq_receive) W(mq_timedreceive) W(mq_send) W(wait) W(waitpid) W(wait3) W(wait4) W(waitid) W(pause) \
    W(sigsuspend) W(sigwait) W(sigwaitinfo) W(sigtimedwait) W(pthread_spin_lock) W(flockfile) \
    W(ftrylockfile) W(funlockfile) W(dl_iterate_phdr) W(chdir) W(fchdir) W(chroot) W(umask) W(setrlimit) \
    W(setrlimit64) W(prlimit) W(prlimit64) W(setenv) W(unsetenv) W(clearenv) W(setlocale) W(setuid) \
    W(setgid) W(seteuid) W(setegid) W(setreuid) W(setregid) W(setresuid) W(setresgid) W(setgroups) \
    W(initgroups) W(setsid) W(setpgid) W(mlockall) W(munlockall) W(nice) W(setpriority) \
    W(sched_setaffinity) W(sched_setscheduler) W(sched_setparam) W(pthread_setaffinity_np) \
    W(pthread_setschedparam) W(unshare) W(setns) W(prctl)
/* clang-format on */
