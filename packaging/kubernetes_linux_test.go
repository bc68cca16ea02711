package packaging

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// kinds are what manifests may have.
var kinds = map[string]func() any{
	"apps/v1 Deployment":            func() any { return new(appsv1.Deployment) },
	"apps/v1 StatefulSet":           func() any { return new(appsv1.StatefulSet) },
	"v1 ConfigMap":                  func() any { return new(corev1.ConfigMap) },
	"v1 Service":                    func() any { return new(corev1.Service) },
	"policy/v1 PodDisruptionBudget": func() any { return new(policyv1.PodDisruptionBudget) },
}

// manifests reads a file as the API server would: no field is unknown, none is given twice.
func manifests(t *testing.T, path string) (objects map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	objects = map[string]any{}
	for _, part := range bytes.Split(text, []byte("\n---\n")) {
		var meta metav1.TypeMeta
		require.NoError(t, yaml.Unmarshal(part, &meta))
		kind := meta.APIVersion + " " + meta.Kind
		require.Contains(t, kinds, kind)
		objects[meta.Kind] = kinds[kind]()
		require.NoError(t, yaml.UnmarshalStrict(part, objects[meta.Kind]), kind)
	}
	return objects
}

func TestKubernetes(t *testing.T) {
	files, err := filepath.Glob("kubernetes/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		manifests(t, file)
	}
	objects := manifests(t, "kubernetes/shop.yaml")
	pod := objects["Deployment"].(*appsv1.Deployment).Spec.Template
	chosen := func(selector map[string]string) {
		assert.True(t, labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)))
	}
	chosen(objects["Deployment"].(*appsv1.Deployment).Spec.Selector.MatchLabels)
	chosen(objects["Service"].(*corev1.Service).Spec.Selector)
	chosen(objects["PodDisruptionBudget"].(*policyv1.PodDisruptionBudget).Spec.Selector.MatchLabels)

	checkPod(t, pod)
}

// The pod that follows a channel differs in where its libraries come from.
func TestChannel(t *testing.T) {
	objects := manifests(t, "kubernetes/shop-channel.yaml")
	set := objects["StatefulSet"].(*appsv1.StatefulSet).Spec
	assert.True(t, labels.SelectorFromSet(set.Selector.MatchLabels).Matches(labels.Set(set.Template.Labels)))
	assert.True(t, labels.SelectorFromSet(objects["Service"].(*corev1.Service).Spec.Selector).Matches(labels.Set(set.Template.Labels)))
	assert.Equal(t, objects["Service"].(*corev1.Service).Name, set.ServiceName)
	for _, claim := range set.VolumeClaimTemplates {
		set.Template.Spec.Volumes = append(set.Template.Spec.Volumes, corev1.Volume{Name: claim.Name})
	}
	checkPod(t, set.Template)
	assert.True(t, strings.HasPrefix(set.Template.Spec.Containers[0].Args[0], "oci://"))
}

func checkPod(t *testing.T, pod corev1.PodTemplateSpec) {
	c := pod.Spec.Containers[0]
	volumes := map[string]bool{}
	for _, v := range pod.Spec.Volumes {
		volumes[v.Name] = true
	}
	for _, m := range c.VolumeMounts {
		assert.True(t, volumes[m.Name], m.Name)
	}
	drain := int64(30)
	assert.Contains(t, c.Args, "--drain=30s")
	assert.Greater(t, *pod.Spec.TerminationGracePeriodSeconds, drain+c.Lifecycle.PreStop.Sleep.Seconds)
	assert.Equal(t, "/healthz", c.ReadinessProbe.HTTPGet.Path)
	assert.Equal(t, "/versions", c.LivenessProbe.HTTPGet.Path)
}

// Every flag that a container is started with is one of hotso serve.
func TestFlags(t *testing.T) {
	help := serveHelp(t)
	flags := regexp.MustCompile(`--[a-z][a-z-]+`)
	pod := manifests(t, "kubernetes/shop.yaml")["Deployment"].(*appsv1.Deployment).Spec.Template
	text, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	used := flags.FindAllString(string(regexp.MustCompile(`(?m)^(ENTRYPOINT|CMD) .*`).FindAll(text, -1)[1]), -1)
	require.NotEmpty(t, used)
	set := manifests(t, "kubernetes/shop-channel.yaml")["StatefulSet"].(*appsv1.StatefulSet).Spec.Template
	for _, arg := range append(pod.Spec.Containers[0].Args, set.Spec.Containers[0].Args[1:]...) {
		used = append(used, flags.FindString(arg))
	}
	env, err := os.ReadFile("systemd/example.env")
	require.NoError(t, err)
	used = append(used, flags.FindAllString(string(regexp.MustCompile(`(?m)^ARGS=.*`).Find(env)), -1)...)
	for _, flag := range used {
		assert.Regexp(t, `(?m)^ +`+flag+` `, help)
	}
}
