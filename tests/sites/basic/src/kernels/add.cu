/*
 * # Adding two vectors
 *
 * One thread adds one element, $c_i = a_i + b_i$.
 */
__global__ void add(const float* a, const float* b, float* c, int n) {
  // The index of this thread
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}
