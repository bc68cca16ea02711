package gen

// systemHeaders are the headers of C23 and POSIX, and those of Linux that they
// include. A library's header of the same name, in a directory that a program passes
// with -I, would be included in their place.
var systemHeaders = set(`
	assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
	stdbit stdbool stdckdint stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
	aio cpio devctl dirent dlfcn endian fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen libintl monetary mqueue
	ndbm netdb nl_types poll pthread pwd regex sched search semaphore spawn strings stropts syslog tar termios trace
	ulimit unistd utime utmpx wordexp
	alloca byteswap elf err error features getopt link malloc memory paths ucontext wait xlocale`)
