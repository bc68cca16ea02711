package registrytest

import "encoding/json"

// dockerConfig is what docker keeps of logins.
func dockerConfig(user, password string, hosts []string) []byte {
	type auth struct {
		Auth []byte `json:"auth"` // base64 in JSON, as docker has it
	}
	auths := map[string]auth{}
	for _, host := range hosts {
		auths[host] = auth{[]byte(user + ":" + password)}
	}
	text, _ := json.Marshal(map[string]any{"auths": auths}) // can't fail
	return text
}
