# at::parallel_for is a template in torch's headers: it uses OpenMP only in files that are compiled with it (without, it
# silently runs on one thread). Linked must be the very OpenMP library that torch loads, or two pools of threads would
# wait for each other.
find_package(OpenMP REQUIRED COMPONENTS CXX)
add_library(pmtune_openmp INTERFACE)
target_compile_options(pmtune_openmp INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${OpenMP_CXX_FLAGS}>)
file(GLOB torch_openmp "${TORCH_INSTALL_PREFIX}/lib/libgomp*.so*" "${TORCH_INSTALL_PREFIX}/lib/libiomp5*"
  "${TORCH_INSTALL_PREFIX}/lib/libomp*" "${TORCH_INSTALL_PREFIX}/../torch.libs/libgomp*.so*")
if(torch_openmp)
  list(GET torch_openmp 0 torch_openmp)
  target_link_libraries(pmtune_openmp INTERFACE ${torch_openmp})
  message(STATUS "OpenMP as torch brings it: ${torch_openmp}")
else()
  target_link_libraries(pmtune_openmp INTERFACE OpenMP::OpenMP_CXX)
  message(STATUS "OpenMP of the system, which this torch uses as well")
endif()
