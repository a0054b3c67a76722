# A real API server in the place of the lab's own: source it after cluster.sh. $kubernetes is the folder with kube-apiserver and etcd.

# Only what it needs itself, and what a node's agent and the one who makes pods ask for: the rest takes a minute to start where the
# machine is emulated.
kubernetes_apis=api/all=false,api/v1=true,rbac.authorization.k8s.io/v1=true,apiregistration.k8s.io/v1=true,apiextensions.k8s.io/v1=true
kubernetes_apis+=,networking.k8s.io/v1=true,coordination.k8s.io/v1=true,discovery.k8s.io/v1=true,storage.k8s.io/v1=true
kubernetes_without=ServiceAccount,Priority,RuntimeClass,DefaultStorageClass,DefaultIngressClass,CertificateApproval,CertificateSigning
kubernetes_without+=,CertificateSubjectRestriction,ClusterTrustBundleAttest,MutatingAdmissionPolicy,MutatingAdmissionWebhook
kubernetes_without+=,ValidatingAdmissionPolicy,ValidatingAdmissionWebhook

# As api_server calls the lab's own: with its certificate and the token that the agent has.
kube-api() {
  local port=$2 cert=$4 key=$6 token=$8
  # It tells others where it is, though there are none, and takes no loopback address for that.
  ip address add 10.96.255.1/32 dev lo
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out /run/kube-api/accounts.pem 2> /dev/null
  {
    echo 'admin,admin,admin,system:masters'
    echo "$(cat "$token"),system:serviceaccount:nfscope:nfscope,nfscope,\"system:serviceaccounts,system:authenticated\""
  } > /run/kube-api/tokens.csv
  "$kubernetes/etcd" --data-dir /run/etcd --unsafe-no-fsync > /lab/out/etcd.log 2>&1 &
  exec "$kubernetes/kube-apiserver" --bind-address 127.0.0.1 --secure-port "$port" --advertise-address 10.96.255.1 \
    --etcd-servers http://127.0.0.1:2379 --endpoint-reconciler-type none --tls-cert-file "$cert" --tls-private-key-file "$key" \
    --service-account-issuer https://kubernetes.default.svc --service-account-signing-key-file /run/kube-api/accounts.pem \
    --service-account-key-file /run/kube-api/accounts.pem --service-cluster-ip-range 10.96.0.0/16 --authorization-mode RBAC \
    --token-auth-file /run/kube-api/tokens.csv --enable-priority-and-fairness=false --runtime-config "$kubernetes_apis" \
    --disable-admission-plugins "$kubernetes_without"
}

# The certificate is signed by what a pod has as ca.crt.
kubernetes_answers() {
  busybox wget -q -O /dev/null --no-check-certificate --header 'Authorization: Bearer admin' https://127.0.0.1:6443/api/v1/namespaces
}
