//go:build cgo && linux && (amd64 || arm64)

package cabi

// The shim replaces, in this library only and at link time, the C functions
// by which the Go runtime and C code acquire what belongs to the process. With
// --wrap=SYM (ld(1)) an undefined reference to SYM becomes __wrap_SYM, and
// __real_SYM is the original. shim.h says which file has which:
//
//	crosscall2            every call from C into Go: marks the thread as inside
//	x_cgo_notify_runtime_init_done
//	                      says that the runtime has started
//	x_cgo_sys_thread_create
//	                      starts the runtime: blocks the host's signals on its threads
//	x_cgo_getstackbound   the bounds of the first thread's stack: asked for once
//	pthread_create        every thread: remembered, joinable, can be ended
//	pthread_join, _detach C code that ends its threads itself; so do the following
//	pthread_tryjoin_np, _timedjoin_np, _clockjoin_np, _cancel
//	thrd_create, ...      C11's names for these
//	timer_create, ...     timers: remembered; SIGEV_THREAD without libc's thread
//	aio_*, lio_listio     refused: libc's threads would write to the library's memory,
//	getaddrinfo_a, mq_notify  or call it
//	nanosleep, ..., read, waits: C code may be taken out of them for good
//	pthread_cond_wait
//	flockfile, ...        a lock of libc's is held: it must not be taken out
//	fork, vfork, forkpty, children are no host's
//	clone                 the same; refused if it makes a thread
//	mmap, munmap, mremap  every mapping: remembered
//	open, ..., close      files of C code: remembered
//	malloc, free, realloc, strdup, getline, ...
//	                      blocks of the C heap: remembered, if the host asks for it
//	epoll_create, ..., syscall
//	                      descriptors of C code that are no files
//	fopen, ..., mkstemps  descriptors that libc opens for C code, and what has them
//	pthread_key_*         destructors go through a stub that the host owns
//	pthread_setspecific   marks threads that have a destructor to run
//	__cxa_thread_atexit,  destructors of C++ thread_local objects: glibc would keep the image
//	__cxa_thread_atexit_impl  for as long as a thread has one to run
//	x_cgo_bindm           tells which of C code's threads have called Go
//	x_cgo_sigaction       handlers of the Go runtime go to the host's dispatch table
//	sigaction, signal, bsd_signal, ssignal, sysv_signal, __sysv_signal, sigset, sigignore,
//	siginterrupt, sigaltstack, alarm, ualarm, setitimer
//	                      what C code asks for is noted, and changes nothing of the process's
//	chdir, umask, setrlimit, setenv, setlocale, setuid, sched_setaffinity, unshare, prctl, ...
//	                      changes of the process are told
//	abort, exit, _exit, _Exit, quick_exit, err, errx, verr, verrx, error, error_at_line
//	                      end the library, not the process
//	daemon                would end the process, and go on in a child
//	__assert_fail, __assert_perror_fail, __assert, __stack_chk_fail, __chk_fail
//	                      what checks of C code call: end the library, too
//	__memcpy_chk, __strcpy_chk, __sprintf_chk, __read_chk, ...
//	                      buffers that are too small, likewise
//	__open_2, __openat_2, ...
//	                      what open and openat are then
//	atexit, on_exit, __cxa_at_quick_exit, __cxa_atexit
//	                      run at the unload, while all is there
//	__register_atfork, pthread_atfork
//	                      not called any more once the library is dead
//	raise, gsignal, kill, killpg, tgkill, sigqueue, pthread_kill, pthread_sigqueue
//	                      signals for this process end the library, too
//	pthread_sigmask, sigprocmask, sighold, sigrelse, sigblock, sigsetmask
//	                      a host's thread keeps its mask, and no thread blocks the signal that ends it
//
// HOTSO_SHIM sets the flag in the descriptor that says so.

// #cgo CFLAGS: -DHOTSO_SHIM
// #cgo LDFLAGS: -Wl,--wrap=crosscall2 -Wl,--wrap=x_cgo_notify_runtime_init_done
// #cgo LDFLAGS: -Wl,--wrap=x_cgo_sys_thread_create -Wl,--wrap=x_cgo_getstackbound
// #cgo LDFLAGS: -Wl,--wrap=pthread_create -Wl,--wrap=pthread_join -Wl,--wrap=pthread_detach
// #cgo LDFLAGS: -Wl,--wrap=mmap -Wl,--wrap=mmap64 -Wl,--wrap=munmap -Wl,--wrap=mremap
// #cgo LDFLAGS: -Wl,--wrap=open -Wl,--wrap=open64 -Wl,--wrap=openat -Wl,--wrap=openat64
// #cgo LDFLAGS: -Wl,--wrap=creat -Wl,--wrap=creat64 -Wl,--wrap=socket -Wl,--wrap=socketpair
// #cgo LDFLAGS: -Wl,--wrap=accept -Wl,--wrap=accept4 -Wl,--wrap=pipe -Wl,--wrap=pipe2
// #cgo LDFLAGS: -Wl,--wrap=dup -Wl,--wrap=dup2 -Wl,--wrap=dup3 -Wl,--wrap=memfd_create -Wl,--wrap=close
// #cgo LDFLAGS: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=reallocarray -Wl,--wrap=free
// #cgo LDFLAGS: -Wl,--wrap=posix_memalign -Wl,--wrap=aligned_alloc -Wl,--wrap=memalign -Wl,--wrap=valloc -Wl,--wrap=pvalloc
// #cgo LDFLAGS: -Wl,--wrap=strdup -Wl,--wrap=__strdup -Wl,--wrap=strndup
// #cgo LDFLAGS: -Wl,--wrap=asprintf -Wl,--wrap=vasprintf -Wl,--wrap=__asprintf_chk -Wl,--wrap=__vasprintf_chk
// #cgo LDFLAGS: -Wl,--wrap=getline -Wl,--wrap=getdelim -Wl,--wrap=__getdelim -Wl,--wrap=putenv -Wl,--wrap=setvbuf
// #cgo LDFLAGS: -Wl,--wrap=epoll_create -Wl,--wrap=epoll_create1 -Wl,--wrap=eventfd -Wl,--wrap=timerfd_create
// #cgo LDFLAGS: -Wl,--wrap=signalfd -Wl,--wrap=inotify_init -Wl,--wrap=inotify_init1 -Wl,--wrap=fanotify_init
// #cgo LDFLAGS: -Wl,--wrap=pidfd_open -Wl,--wrap=fcntl -Wl,--wrap=fcntl64 -Wl,--wrap=close_range
// #cgo LDFLAGS: -Wl,--wrap=closefrom -Wl,--wrap=recvmsg -Wl,--wrap=recvmmsg -Wl,--wrap=syscall
// #cgo LDFLAGS: -Wl,--wrap=fopen -Wl,--wrap=fopen64 -Wl,--wrap=fdopen -Wl,--wrap=freopen -Wl,--wrap=freopen64
// #cgo LDFLAGS: -Wl,--wrap=fclose -Wl,--wrap=tmpfile -Wl,--wrap=tmpfile64 -Wl,--wrap=popen -Wl,--wrap=pclose
// #cgo LDFLAGS: -Wl,--wrap=opendir -Wl,--wrap=fdopendir -Wl,--wrap=closedir
// #cgo LDFLAGS: -Wl,--wrap=mkstemp -Wl,--wrap=mkstemp64 -Wl,--wrap=mkostemp -Wl,--wrap=mkostemp64
// #cgo LDFLAGS: -Wl,--wrap=mkstemps -Wl,--wrap=mkstemps64 -Wl,--wrap=mkostemps -Wl,--wrap=mkostemps64
// #cgo LDFLAGS: -Wl,--wrap=pthread_key_create -Wl,--wrap=pthread_key_delete -Wl,--wrap=pthread_setspecific
// #cgo LDFLAGS: -Wl,--wrap=__cxa_thread_atexit -Wl,--wrap=__cxa_thread_atexit_impl
// #cgo LDFLAGS: -Wl,--wrap=abort -Wl,--wrap=exit -Wl,--wrap=_exit -Wl,--wrap=_Exit -Wl,--wrap=quick_exit
// #cgo LDFLAGS: -Wl,--wrap=err -Wl,--wrap=errx -Wl,--wrap=verr -Wl,--wrap=verrx
// #cgo LDFLAGS: -Wl,--wrap=error -Wl,--wrap=error_at_line -Wl,--wrap=daemon
// #cgo LDFLAGS: -Wl,--wrap=__assert_fail -Wl,--wrap=__assert_perror_fail -Wl,--wrap=__assert
// #cgo LDFLAGS: -Wl,--wrap=__stack_chk_fail -Wl,--wrap=__chk_fail
// #cgo LDFLAGS: -Wl,--wrap=__memcpy_chk -Wl,--wrap=__mempcpy_chk -Wl,--wrap=__memmove_chk -Wl,--wrap=__memset_chk -Wl,--wrap=__strcpy_chk
// #cgo LDFLAGS: -Wl,--wrap=__stpcpy_chk -Wl,--wrap=__strncpy_chk -Wl,--wrap=__stpncpy_chk -Wl,--wrap=__strcat_chk -Wl,--wrap=__strncat_chk
// #cgo LDFLAGS: -Wl,--wrap=__vsprintf_chk -Wl,--wrap=__sprintf_chk -Wl,--wrap=__vsnprintf_chk -Wl,--wrap=__snprintf_chk -Wl,--wrap=__fgets_chk
// #cgo LDFLAGS: -Wl,--wrap=__fread_chk -Wl,--wrap=__pread_chk -Wl,--wrap=__pread64_chk -Wl,--wrap=__fdelt_chk -Wl,--wrap=__readlink_chk
// #cgo LDFLAGS: -Wl,--wrap=__getcwd_chk -Wl,--wrap=__gethostname_chk -Wl,--wrap=__realpath_chk
// #cgo LDFLAGS: -Wl,--wrap=__open_2 -Wl,--wrap=__open64_2 -Wl,--wrap=__openat_2 -Wl,--wrap=__openat64_2
// #cgo LDFLAGS: -Wl,--wrap=atexit -Wl,--wrap=on_exit -Wl,--wrap=__cxa_at_quick_exit -Wl,--wrap=__cxa_atexit
// #cgo LDFLAGS: -Wl,--wrap=__register_atfork -Wl,--wrap=pthread_atfork
// #cgo LDFLAGS: -Wl,--wrap=raise -Wl,--wrap=gsignal -Wl,--wrap=kill -Wl,--wrap=killpg -Wl,--wrap=tgkill
// #cgo LDFLAGS: -Wl,--wrap=sigqueue -Wl,--wrap=pthread_kill -Wl,--wrap=pthread_sigqueue
// #cgo LDFLAGS: -Wl,--wrap=x_cgo_bindm -Wl,--wrap=x_cgo_sigaction -Wl,--wrap=sigaction -Wl,--wrap=signal -Wl,--wrap=bsd_signal
// #cgo LDFLAGS: -Wl,--wrap=ssignal -Wl,--wrap=sysv_signal -Wl,--wrap=__sysv_signal -Wl,--wrap=sigset
// #cgo LDFLAGS: -Wl,--wrap=sigignore -Wl,--wrap=siginterrupt -Wl,--wrap=sigaltstack
// #cgo LDFLAGS: -Wl,--wrap=alarm -Wl,--wrap=ualarm -Wl,--wrap=setitimer
// #cgo LDFLAGS: -Wl,--wrap=pthread_sigmask -Wl,--wrap=sigprocmask -Wl,--wrap=sighold -Wl,--wrap=sigrelse
// #cgo LDFLAGS: -Wl,--wrap=sigblock -Wl,--wrap=sigsetmask
// #cgo LDFLAGS: -Wl,--wrap=pthread_tryjoin_np -Wl,--wrap=pthread_timedjoin_np
// #cgo LDFLAGS: -Wl,--wrap=pthread_clockjoin_np -Wl,--wrap=pthread_cancel
// #cgo LDFLAGS: -Wl,--wrap=thrd_create -Wl,--wrap=thrd_join -Wl,--wrap=thrd_detach
// #cgo LDFLAGS: -Wl,--wrap=timer_create -Wl,--wrap=timer_delete
// #cgo LDFLAGS: -Wl,--wrap=aio_read -Wl,--wrap=aio_read64 -Wl,--wrap=aio_write -Wl,--wrap=aio_write64
// #cgo LDFLAGS: -Wl,--wrap=aio_fsync -Wl,--wrap=aio_fsync64 -Wl,--wrap=lio_listio -Wl,--wrap=lio_listio64
// #cgo LDFLAGS: -Wl,--wrap=mq_notify -Wl,--wrap=getaddrinfo_a
// #cgo LDFLAGS: -Wl,--wrap=fork -Wl,--wrap=_Fork -Wl,--wrap=vfork -Wl,--wrap=forkpty -Wl,--wrap=clone
// #cgo LDFLAGS: -Wl,--wrap=nanosleep -Wl,--wrap=clock_nanosleep -Wl,--wrap=usleep -Wl,--wrap=sleep
// #cgo LDFLAGS: -Wl,--wrap=thrd_sleep -Wl,--wrap=sched_yield -Wl,--wrap=pthread_mutex_lock
// #cgo LDFLAGS: -Wl,--wrap=pthread_mutex_timedlock -Wl,--wrap=pthread_mutex_clocklock
// #cgo LDFLAGS: -Wl,--wrap=pthread_cond_wait -Wl,--wrap=pthread_cond_timedwait
// #cgo LDFLAGS: -Wl,--wrap=pthread_cond_clockwait -Wl,--wrap=pthread_rwlock_rdlock
// #cgo LDFLAGS: -Wl,--wrap=pthread_rwlock_wrlock -Wl,--wrap=pthread_rwlock_timedrdlock
// #cgo LDFLAGS: -Wl,--wrap=pthread_rwlock_timedwrlock -Wl,--wrap=pthread_rwlock_clockrdlock
// #cgo LDFLAGS: -Wl,--wrap=pthread_rwlock_clockwrlock -Wl,--wrap=pthread_barrier_wait -Wl,--wrap=sem_wait
// #cgo LDFLAGS: -Wl,--wrap=sem_timedwait -Wl,--wrap=sem_clockwait -Wl,--wrap=mtx_lock -Wl,--wrap=mtx_timedlock
// #cgo LDFLAGS: -Wl,--wrap=cnd_wait -Wl,--wrap=cnd_timedwait -Wl,--wrap=poll -Wl,--wrap=__poll_chk
// #cgo LDFLAGS: -Wl,--wrap=ppoll -Wl,--wrap=__ppoll_chk -Wl,--wrap=select -Wl,--wrap=pselect
// #cgo LDFLAGS: -Wl,--wrap=epoll_wait -Wl,--wrap=epoll_pwait -Wl,--wrap=read
// #cgo LDFLAGS: -Wl,--wrap=__read_chk -Wl,--wrap=readv -Wl,--wrap=write -Wl,--wrap=writev -Wl,--wrap=recv
// #cgo LDFLAGS: -Wl,--wrap=__recv_chk -Wl,--wrap=recvfrom -Wl,--wrap=__recvfrom_chk
// #cgo LDFLAGS: -Wl,--wrap=send -Wl,--wrap=sendto -Wl,--wrap=sendmsg -Wl,--wrap=connect
// #cgo LDFLAGS: -Wl,--wrap=flock -Wl,--wrap=msgrcv -Wl,--wrap=msgsnd -Wl,--wrap=semop -Wl,--wrap=semtimedop
// #cgo LDFLAGS: -Wl,--wrap=mq_receive -Wl,--wrap=mq_timedreceive -Wl,--wrap=mq_send -Wl,--wrap=wait
// #cgo LDFLAGS: -Wl,--wrap=waitpid -Wl,--wrap=wait3 -Wl,--wrap=wait4 -Wl,--wrap=waitid -Wl,--wrap=pause
// #cgo LDFLAGS: -Wl,--wrap=sigsuspend -Wl,--wrap=sigwait -Wl,--wrap=sigwaitinfo -Wl,--wrap=sigtimedwait
// #cgo LDFLAGS: -Wl,--wrap=pthread_spin_lock -Wl,--wrap=flockfile -Wl,--wrap=ftrylockfile
// #cgo LDFLAGS: -Wl,--wrap=funlockfile -Wl,--wrap=dl_iterate_phdr
// #cgo LDFLAGS: -Wl,--wrap=chdir -Wl,--wrap=fchdir -Wl,--wrap=chroot -Wl,--wrap=umask -Wl,--wrap=setrlimit
// #cgo LDFLAGS: -Wl,--wrap=setrlimit64 -Wl,--wrap=prlimit -Wl,--wrap=prlimit64 -Wl,--wrap=setenv
// #cgo LDFLAGS: -Wl,--wrap=unsetenv -Wl,--wrap=clearenv -Wl,--wrap=setlocale -Wl,--wrap=setuid
// #cgo LDFLAGS: -Wl,--wrap=setgid -Wl,--wrap=seteuid -Wl,--wrap=setegid -Wl,--wrap=setreuid
// #cgo LDFLAGS: -Wl,--wrap=setregid -Wl,--wrap=setresuid -Wl,--wrap=setresgid -Wl,--wrap=setgroups
// #cgo LDFLAGS: -Wl,--wrap=initgroups -Wl,--wrap=setsid -Wl,--wrap=setpgid -Wl,--wrap=mlockall
// #cgo LDFLAGS: -Wl,--wrap=munlockall -Wl,--wrap=nice -Wl,--wrap=setpriority -Wl,--wrap=sched_setaffinity
// #cgo LDFLAGS: -Wl,--wrap=sched_setscheduler -Wl,--wrap=sched_setparam -Wl,--wrap=pthread_setaffinity_np
// #cgo LDFLAGS: -Wl,--wrap=pthread_setschedparam -Wl,--wrap=unshare -Wl,--wrap=setns -Wl,--wrap=prctl
import "C"
