//go:build zap

package main

import (
	"os"
	"path/filepath"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"gopkg.in/natefinch/lumberjack.v2"
)

func init() {
	var log *zap.Logger
	busy(func() error {
		out := &lumberjack.Logger{Filename: filepath.Join(os.TempDir(), "corpus.log"), MaxSize: 1, MaxBackups: 1}
		log = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(out), zap.InfoLevel))
		return nil
	}, func() error {
		log.Info("hello", zap.Int("n", 1))
		return nil
	})
}
