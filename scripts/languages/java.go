package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

func javaMissing() string {
	if javaHome() == "" {
		return "there is no Java 22 or later, neither in JAVA_HOME nor in PATH nor below /usr/lib/jvm"
	}
	return ""
}

// javaHome is where a Java lies that has the Foreign Function & Memory API (JEP 454), or "".
func javaHome() string {
	homes, _ := filepath.Glob("/usr/lib/jvm/*")
	if home := os.Getenv("JAVA_HOME"); home != "" {
		homes = append([]string{home}, homes...)
	}
	if java, err := exec.LookPath("java"); err == nil {
		if java, err = filepath.EvalSymlinks(java); err == nil {
			homes = append(homes, filepath.Dir(filepath.Dir(java)))
		}
	}
	for _, home := range homes {
		// javac refuses a release that it does not know.
		if _, err := run(filepath.Join(home, "bin/javac"), "--release", "22", "--version"); err == nil {
			return home
		}
	}
	return ""
}
