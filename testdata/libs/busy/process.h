int change_process(const char *directory);
