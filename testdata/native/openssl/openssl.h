int work_start(void);
int work_handshake(void);
